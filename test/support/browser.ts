import axe from 'axe-core'
import { expect } from 'chai'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { otpOf, type BrokerProcess } from './broker.ts'
import { PERSON, TX } from './rp.ts'

export { launchChromium } from './chromium.ts'

const STEP_MS = 15_000

export type Habits = { readonly javaScript?: boolean; readonly width?: number; readonly language?: string }

/** A person's browser: cookies of its own, one tab open. */
export const personOf = async (chromium: Browser, { javaScript = true, width = 1024, language = 'en' }: Habits = {}): Promise<Page> => {
  const viewport = { width, height: 800 }
  const context: BrowserContext = await chromium.newContext({ javaScriptEnabled: javaScript, viewport, locale: language })
  context.setDefaultTimeout(STEP_MS)
  return context.newPage()
}

/** The login that a tab shows. */
export const transactionOf = (page: Page): string => TX.exec(page.url())?.[0] ?? ''

/** From the bank's first page to the first page of the broker. */
export const fromBank = async (
  page: Page,
  { demo }: Pick<BrokerProcess, 'demo'>,
  button: 'sign-in' | 'sign-in-par' | 'sign-in-two-factors' | 'sign-in-verified' = 'sign-in',
): Promise<string> => {
  await page.goto(demo)
  await page.click(`#${button}`)
  await page.waitForSelector('#form-choose')
  return transactionOf(page)
}

/** Says who one is and how one proves it. */
export const choose = async (
  page: Page,
  factor: 'otp' | 'pin' | 'password' | 'biometrics' | 'knowledge',
  id = PERSON.id,
): Promise<void> => {
  await page.fill('#individual_id', id)
  const radio = page.locator(`#factor-${factor}`)
  if ((await radio.count()) > 0) {
    const label = page.locator(`label[for=factor-${factor}]`)
    // Where there are many ways, the page folds the last of them away.
    if (!(await label.isVisible())) await page.click('#more-ways summary')
    await label.click()
  }
  await page.click('#form-choose #continue')
  await page.waitForSelector(`#form-${factor}`)
}

export const prove = async (page: Page, factor: 'otp' | 'pin' | 'password', proof: string): Promise<void> => {
  await page.fill(`#${factor}`, proof)
  await page.click(`#form-${factor} #continue`)
}

/** Through the OTP, which is read where the demo shows it. */
export const proveByOtp = async (page: Page, broker: Pick<BrokerProcess, 'demo'>, id = PERSON.id): Promise<void> => {
  const transaction = transactionOf(page)
  await choose(page, 'otp', id)
  await prove(page, 'otp', await otpOf(broker, transaction))
}

/** Back at the bank, whose page shows what it received. */
export const arrived = async (page: Page, { demo }: Pick<BrokerProcess, 'demo'>): Promise<string> => {
  await page.waitForURL((url) => url.origin === demo && url.pathname === '/')
  return page.innerText('main')
}

/** WCAG 2.2 AA and axe's own advice: nothing to report. Runs over the debugger, so the pages' content policy stays in force. */
export const expectAccessible = async (page: Page): Promise<void> => {
  await page.evaluate(axe.source)
  const found = await page.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
  const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
  expect(told, `axe on ${page.url()}`).to.deep.equal([])
}

/** Nothing has to be scrolled sideways (WCAG 2.2, 1.4.10). */
export const expectNarrow = async (page: Page): Promise<void> => {
  const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(wider, `width of ${page.url()}`).to.be.at.most(0)
}
