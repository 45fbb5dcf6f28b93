import { createServer, type Server } from 'node:http'
import axe from 'axe-core'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { LANGUAGES } from '../../src/ui/text.ts'
import type { Language } from '../../src/ui/views.ts'
import { DEMO_SAMPLES, formPost, frameIn, SAMPLES, statics } from '../src/ui/samples.ts'
import { launchChromium } from '../support/chromium.ts'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"

/** Pages that between them hold every part; the rest differ in words. */
const MANY_WORDS = ['choose', 'otp-wrong', 'pin-wrong', 'password', 'consent', 'consent-odd', 'error', 'help']

const NARROW = { width: 320, height: 640 }
const WIDE = { width: 1280, height: 900 }

/** Text spacing of WCAG 2.2, 1.4.12: nothing may be lost with it. */
const SPACING =
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }'

const isLanguage = (text: string | undefined): text is Language => (LANGUAGES as readonly (string | undefined)[]).includes(text)

type Running = { readonly server: Server; readonly origin: string; readonly posts: string[] }

const serve = async (): Promise<Running> => {
  const posts: string[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const file = statics.files.find((one) => one.path === path)
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br', 'cache-control': 'immutable, max-age=600' })
      response.end(file.brotli)
      return
    }
    if (request.method === 'POST') {
      posts.push(path)
      request.resume()
      setTimeout(() => response.writeHead(204).end(), 200)
      return
    }
    const [, name = '', tag] = path.split('/')
    const frame = frameIn(isLanguage(tag) ? tag : 'en')
    const page =
      name === 'form-post'
        ? formPost(frame).replace('https://harboursavings.example/cb', '/cb')
        : (DEMO_SAMPLES[name]?.() ?? SAMPLES[name]?.(frame))
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY })
    response.end(page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return { server, origin: `http://127.0.0.1:${String(address.port)}`, posts }
}

describe('pages in a real browser', function () {
  this.timeout(120_000)
  let browser: Browser
  let running: Running
  const contexts: BrowserContext[] = []

  before(async () => {
    running = await serve()
    browser = await launchChromium()
  })
  after(async () => {
    for (const context of contexts) await context.close()
    await browser.close()
    await new Promise((resolve) => running.server.close(resolve))
  })

  /** A page whose console and policy reports are watched; the list is empty when all is well. */
  const open = async (options: Parameters<Browser['newContext']>[0]): Promise<{ page: Page; reports: string[] }> => {
    const context = await browser.newContext(options)
    contexts.push(context)
    const page = await context.newPage()
    const reports: string[] = []
    page.on('console', (message) => {
      // The script of a captcha service is let in by the policy of that door alone, which this server does not send.
      if (message.text().includes('https://captcha.example/')) return
      if (message.type() === 'error' || message.type() === 'warning') reports.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => reports.push(`${page.url()}: ${error.message}`))
    return { page, reports }
  }

  const show = (page: Page, name: string, language: Language): Promise<unknown> =>
    page.goto(`${running.origin}/${name}/${language}`, { waitUntil: 'load' })

  const violations = async (page: Page): Promise<readonly string[]> => {
    // The policy forbids script elements of others; the debugger's evaluation is not one.
    await page.evaluate(`typeof axe === 'undefined' && (() => { ${axe.source} })()`)
    const found = await page.evaluate(
      `document.querySelectorAll('details').forEach((one) => { one.open = one.id !== 'language' }), axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
    )
    return (found as readonly string[]).map((violation) => `${new URL(page.url()).pathname} ${violation}`)
  }

  const sideways = async (page: Page): Promise<readonly string[]> => {
    const over = await page.evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)
    return over === 0 ? [] : [`${new URL(page.url()).pathname} scrolls sideways by ${String(over)}`]
  }

  const lowTargets = async (page: Page): Promise<readonly string[]> => {
    const low = await page.evaluate(
      `[...document.querySelectorAll('button, summary, .choice label, input.in, .foot a, .also a, .go, .alt')].filter((one) => one.checkVisibility()).map((one) => [one.id || one.textContent.trim(), Math.round(one.getBoundingClientRect().height)]).filter(([, height]) => height < 44).map(String)`,
    )
    return (low as readonly string[]).map((target) => `${new URL(page.url()).pathname} low target ${target}`)
  }

  for (const language of ['en', 'ar'] as const)
    it(`${language}: nothing for axe to say, nothing sideways, no low target, on a phone and on a desk, without a report of the policy`, async () => {
      const { page, reports } = await open({ viewport: NARROW, colorScheme: 'light' })
      const problems: string[] = []
      for (const name of [...Object.keys(SAMPLES), ...(language === 'en' ? Object.keys(DEMO_SAMPLES) : [])]) {
        await page.setViewportSize(NARROW)
        await show(page, name, language)
        problems.push(...(await sideways(page)), ...(await lowTargets(page)))
        if (language === 'en') problems.push(...(await violations(page)))
        await page.setViewportSize(WIDE)
        problems.push(...(await sideways(page)))
        if (language === 'ar') problems.push(...(await violations(page)))
      }
      expect([...problems, ...reports]).to.deep.equal([])
    })

  it('dark: nothing for axe to say', async () => {
    const { page, reports } = await open({ viewport: WIDE, colorScheme: 'dark' })
    const problems: string[] = []
    for (const name of ['choose', 'otp-wrong', 'pin', 'consent', 'error', 'help', 'otp-failed', ...Object.keys(DEMO_SAMPLES)]) {
      await show(page, name, 'en')
      problems.push(...(await violations(page)))
    }
    expect([...problems, ...reports]).to.deep.equal([])
  })

  it('every other language: nothing sideways at 320 px, also with wide text spacing (WCAG 2.2, 1.4.12)', async () => {
    const { page, reports } = await open({ viewport: NARROW, colorScheme: 'dark' })
    const problems: string[] = []
    for (const language of LANGUAGES.filter((one) => one !== 'en' && one !== 'ar'))
      for (const name of MANY_WORDS) {
        await show(page, name, language)
        problems.push(...(await sideways(page)))
        if (name === 'consent') problems.push(...(await violations(page)))
        await page.evaluate(
          `{ const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(SPACING)}); document.adoptedStyleSheets = [sheet] }`,
        )
        problems.push(...(await sideways(page)))
      }
    expect([...problems, ...reports]).to.deep.equal([])
  })

  it('letters twice as large on a phone: nothing sideways (WCAG 2.2, 1.4.4)', async () => {
    const large = await launchChromium('--blink-settings=defaultFontSize=32')
    try {
      const page = await large.newPage({ viewport: { width: 360, height: 640 } })
      const problems: string[] = []
      for (const [name, language] of MANY_WORDS.flatMap((one) => [[one, 'ar'] as const, [one, 'ta'] as const])) {
        await show(page, name, language)
        problems.push(...(await sideways(page)))
      }
      expect(await page.evaluate('getComputedStyle(document.documentElement).fontSize')).to.equal('32px')
      expect(problems).to.deep.equal([])
    } finally {
      await large.close()
    }
  })

  it('forced colours and more contrast: nothing for axe to say', async () => {
    const { page } = await open({ viewport: WIDE, forcedColors: 'active' })
    const problems: string[] = []
    for (const name of ['choose', 'consent']) {
      await show(page, name, 'en')
      problems.push(...(await violations(page)))
    }
    await page.emulateMedia({ forcedColors: 'none', contrast: 'more' })
    for (const name of ['choose', 'consent', 'otp-wrong']) {
      await show(page, name, 'en')
      problems.push(...(await violations(page)))
    }
    expect(problems).to.deep.equal([])
  })

  it('a problem has the focus, with and without script', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page } = await open({ javaScriptEnabled })
      await show(page, 'password-wrong', 'en')
      expect(await page.locator('#problem:focus').count()).to.equal(1)
    }
  })

  it('the first thing that Tab reaches leads past the frame to the question', async () => {
    const { page } = await open({ viewport: NARROW })
    await show(page, 'choose', 'en')
    await page.keyboard.press('Tab')
    expect(await page.locator('a.skip:focus').count()).to.equal(1)
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).to.equal('main')
  })

  it('a password is shown on wish and hidden again when it is sent; three presses send once', async () => {
    const { page } = await open({})
    await show(page, 'password', 'en')
    await page.fill('#password', 'secret')
    await page.click('#show-password')
    expect(await page.getAttribute('#password', 'type')).to.equal('text')
    running.posts.length = 0
    await page.evaluate(`for (let press = 0; press < 3; press += 1) document.getElementById('continue').click()`)
    await page.waitForTimeout(400)
    expect(await page.getAttribute('#password', 'type')).to.equal('password')
    expect(running.posts).to.deep.equal(['/login/txn_8Qm2vT/password'])
  })

  it('time is spoken at one minute and at the end, and shown in seconds only in between', async () => {
    const { page } = await open({})
    await page.clock.install()
    await show(page, 'otp', 'en')
    const said = (): Promise<string | null> => page.textContent('#otp-timer [role=status]')
    const left = page.locator('#otp-timer [data-left]')
    expect([await said(), await left.isVisible()]).to.deep.equal(['', false])
    await page.clock.runFor(115_000)
    expect([await said(), await left.isVisible()]).to.deep.equal(['One minute left for this code.', true])
    await page.clock.runFor(60_000)
    expect([await said(), await left.textContent()]).to.deep.equal(['This code no longer works. Ask for a new one.', '0:00'])
  })

  it('the form that carries the answer back sends itself, and has a button without script', async () => {
    const { page } = await open({})
    running.posts.length = 0
    await page.goto(`${running.origin}/form-post/en`, { waitUntil: 'commit' })
    await page.waitForTimeout(1000)
    expect(running.posts).to.deep.equal(['/cb'])
    const plain = await open({ javaScriptEnabled: false })
    running.posts.length = 0
    await show(plain.page, 'form-post', 'en')
    await plain.page.click('#go-on')
    await plain.page.waitForTimeout(300)
    expect(running.posts).to.deep.equal(['/cb'])
  })

  it('without script everything is there but what needs it', async () => {
    const { page } = await open({ javaScriptEnabled: false })
    await show(page, 'password', 'en')
    expect(await page.locator('#show-password').isVisible()).to.equal(false)
    await show(page, 'consent', 'en')
    await page.locator('label[for=claims-email]').click()
    expect(await page.locator('#claims-email').isChecked()).to.equal(true)
    await page.locator('#language summary').click()
    expect(await page.locator('#language li a').count()).to.equal(LANGUAGES.length)
  })

  it('the language menu closes on Escape and gives the focus back', async () => {
    const { page } = await open({})
    await show(page, 'choose', 'en')
    await page.click('#language summary')
    await page.keyboard.press('Escape')
    expect(await page.locator('#language[open]').count()).to.equal(0)
    expect(await page.locator('#language summary:focus').count()).to.equal(1)
  })
})
