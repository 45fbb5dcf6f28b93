import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { after, before, describe, it } from 'mocha'
import { startBroker, type BrokerProcess } from '../support/broker.ts'
import { expectAccessible, expectNarrow, fromBank, launchChromium, personOf, prove } from '../support/browser.ts'
import { PERSON } from '../support/rp.ts'

describe('what an unknown device must do while somebody guesses, in Chromium', () => {
  let broker: BrokerProcess
  let chromium: Browser
  before(async () => {
    broker = await startBroker({ ESIGNET_GUARD_WHEN: 'always', ESIGNET_GUARD_WAIT_S: '3' })
    chromium = await launchChromium()
  })
  after(async () => {
    await chromium.close()
    await broker.end()
  })

  const onCheck = async (page: Page): Promise<void> => {
    await fromBank(page, broker)
    await page.fill('#individual_id', PERSON.id)
    await page.click('label[for=factor-pin]')
    await page.click('#form-choose #continue')
  }

  it('with JavaScript the page computes and goes on by itself, to the field for the PIN', async () => {
    const page = await personOf(chromium)
    await onCheck(page)
    await page.locator('#form-pin').waitFor()
    await prove(page, 'pin', PERSON.pin)
    await page.locator('#form-consent').waitFor()
    await page.context().close()
  })

  it('without JavaScript one waits, presses, and types nothing twice; pressed too early the page says how long still', async () => {
    const page = await personOf(chromium, { javaScript: false })
    await onCheck(page)
    await page.locator('#form-check').waitFor()
    await page.locator('#form-check #continue').click()
    expect(await page.locator('#check-wait').textContent()).to.match(/wait [123] second/)
    await page.waitForTimeout(3200)
    await page.locator('#form-check #continue').click()
    await page.locator('#form-pin').waitFor()
    await page.context().close()
  })

  it('is accessible, and fits 320 px, in English and Arabic', async () => {
    for (const language of ['en', 'ar']) {
      const page = await personOf(chromium, { width: 320, language })
      // So that the page stands still.
      await page.route('**/static/check.*.js', (route) => route.abort())
      await onCheck(page)
      await page.locator('#form-check').waitFor()
      await expectAccessible(page)
      await expectNarrow(page)
      await page.context().close()
    }
  })
})
