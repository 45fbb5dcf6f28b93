import type { Page } from 'playwright-core'
import { choose, prove, transactionOf } from '../browser.ts'
import { PERSON } from '../rp.ts'

export type AtClient = { readonly transaction: string; readonly text: string }

/** A person in a real browser opens a page of a relying party that wants a login, signs in, agrees to all, and is led back to that page. */
export const signInAt = async (page: Page, address: string): Promise<AtClient> => {
  await page.goto(address)
  await page.waitForSelector('#form-choose')
  const transaction = transactionOf(page)
  await choose(page, 'pin')
  await prove(page, 'pin', PERSON.pin)
  await page.waitForSelector('#form-consent')
  for (const box of await page.locator('#form-consent input[type=checkbox]').all()) await box.check({ force: true })
  await page.click('#accept')
  await page.waitForSelector('#person')
  return { transaction, text: await page.innerText('#person') }
}
