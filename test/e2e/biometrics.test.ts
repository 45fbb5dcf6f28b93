import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { FAULTS, type Fault } from '../../ops/demo/sbi-device/faults.ts'
import { FACTORS } from '../../domain/factors.ts'
import { TEXTS } from '../../src/ui/text.ts'
import { arrived, choose, expectAccessible, expectNarrow, fromBank, launchChromium, personOf, type Habits } from '../support/browser.ts'
import { freePorts, readEvents, startBroker, typesOf, until, type BrokerProcess } from '../support/broker.ts'

const LEO = { id: '1774231323', name: 'Leo Martin' }
const OMAR = { id: '6148230579' }
const MAYA = { id: '8267411571', name: 'Maya Rahimi' }

/** A fault that is waited for is waited for so long, seconds. */
const CAPTURE_S = 5

const titleOf = (family: string): string => TEXTS.en[`bio.${family}.title`] ?? family

describe('A person signs in with a biometric reader, in Chromium (SBI 0.9.5, 1.0)', function () {
  this.timeout(90_000)
  let broker: BrokerProcess
  let chromium: Browser

  before(async () => {
    const [port = 0] = await freePorts(1)
    const env = {
      ESIGNET_LOG_LEVEL: 'info',
      ESIGNET_DEMO_SBI_DEVICE: 'true',
      ESIGNET_SBI_PORT_RANGE: `${port}-${port + 9}`,
      ESIGNET_SBI_TIMEOUT_CAPTURE: String(CAPTURE_S),
    }
    ;[broker, chromium] = await Promise.all([startBroker(env), launchChromium()])
  })

  after(async () => {
    await chromium.close()
    await broker.end()
  })

  /** Who is at the readers, and what they do wrong. */
  const readers = (control: { readonly person?: string; readonly fault?: Fault }): void => {
    const folder = join(broker.data, 'demo/sbi-device')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'control.json'), JSON.stringify(control))
  }

  const withPerson = async (habits: Habits, act: (page: Page) => Promise<void>): Promise<void> => {
    const page = await personOf(chromium, habits)
    try {
      await act(page)
    } finally {
      await page.context().close()
    }
  }

  const pick = async (page: Page, type: 'face camera' | 'finger reader' | 'iris reader'): Promise<void> => {
    await page.waitForSelector(`#found label:has-text("${type}")`)
    await page.click(`#found label:has-text("${type}")`)
  }

  const saidBy = (page: Page): Promise<string> => page.innerText('#scan h2')

  for (const [type, someone] of [
    ['face camera', LEO],
    ['finger reader', OMAR],
    ['iris reader', MAYA],
  ] as const)
    it(`by ${type}: the stream and the ID token say what happened`, () =>
      withPerson({}, async (page) => {
        readers({ person: someone.id })
        const transaction = await fromBank(page, broker)
        await choose(page, 'biometrics', someone.id)
        await pick(page, type)
        expect(await saidBy(page)).to.equal(titleOf('ready'))
        await page.click('#start-scan')
        await page.waitForSelector('#form-consent')
        await page.click('#accept')
        const told = await arrived(page, broker)
        if ('name' in someone) expect(told).to.include(someone.name)
        const whole = await page.textContent('main')
        expect(whole).to.include('mosip:idp:acr:biometrics').and.include(`"${FACTORS.biometrics.amr}"`)
        const events = readEvents(broker.data, `s.name = 'authorization-${transaction}'`)
        expect(events.map((event) => event.type)).to.deep.equal([
          'AuthorizationStarted',
          'AuthorizationOpened',
          'FactorRequested',
          'FactorAttempted',
          'Authenticated',
          'ConsentGiven',
          'CodeIssued',
          'TokenExchanged',
          'UserinfoReleased',
        ])
        const authenticated = JSON.parse(events.find((event) => event.type === 'Authenticated')?.data ?? '{}') as object
        expect(authenticated).to.include({ acr: 'mosip:idp:acr:biometrics' })
        expect(authenticated).to.have.deep.property('factors', ['biometrics'])
      }))

  it('every fault of a reader has its words and a way on, and the login still succeeds afterwards', () =>
    withPerson({}, async (page) => {
      readers({ person: LEO.id })
      const transaction = await fromBank(page, broker)
      await choose(page, 'biometrics', LEO.id)
      const seen: string[] = []
      const hasWayOn = async (fault: string): Promise<void> => {
        expect(await page.isVisible('#other-way'), `${fault}: another way`).to.equal(true)
        await page.waitForSelector('#start-scan:visible, #look:visible')
      }
      /** Looks for readers as they are now. */
      const searchAgain = async (): Promise<void> => {
        await page.reload()
        await page.waitForSelector('#scan h2')
      }
      for (const [fault, { told }] of Object.entries(FAULTS) as readonly (readonly [Fault, { readonly told: string }])[]) {
        // An attempt that counts, and faults that are waited for, have tests of their own.
        if (['wrong', 'works', 'duplicate'].includes(told) || ['silent', 'hung'].includes(fault)) continue
        const isSeenBefore = ['absent', 'no-cors', 'busy', 'not-ready', 'not-registered', 'for-registration', 'level-0'].includes(fault)
        readers({ person: LEO.id, fault })
        await searchAgain()
        if (isSeenBefore) {
          const expected = told === 'none' ? titleOf('none') : titleOf('unready')
          await until(`${fault}: ${expected}`, async () => (await saidBy(page)) === expected)
          if (told !== 'none') {
            expect(await page.innerText('#found'), fault).to.include(TEXTS.en[`bio.status.${told}`])
            expect(await page.isDisabled('#found input >> nth=0'), fault).to.equal(true)
          }
        } else {
          await pick(page, 'face camera')
          await page.click('#start-scan')
          // Said by the script, or by the broker on the page that answers.
          await until(`${fault}: ${titleOf(told)}`, async () => {
            // While the answer comes there is no page to look at.
            const texts = await page
              .locator('#scan h2, #problem h2')
              .allInnerTexts()
              .catch((): string[] => [])
            return texts.includes(titleOf(told))
          })
        }
        await hasWayOn(fault)
        seen.push(fault)
      }
      expect(seen.length, 'faults').to.be.at.least(30)
      expect(typesOf(broker.data, transaction), 'a reader’s fault is no attempt').not.to.include('FactorAttempted')
      readers({ person: LEO.id })
      await searchAgain()
      await pick(page, 'face camera')
      await page.click('#start-scan')
      expect(await arrived(page, broker)).to.include(LEO.name)
    }))

  it('a reader that does not answer is told in time, and the scan can be stopped', () =>
    withPerson({}, async (page) => {
      readers({ fault: 'hung' })
      await fromBank(page, broker)
      await choose(page, 'biometrics', LEO.id)
      await pick(page, 'finger reader')
      await page.click('#start-scan')
      await until('the scan', async () => (await saidBy(page)) === titleOf('live.Finger'))
      expect(await page.evaluate('document.activeElement?.id')).to.equal('stop-scan')
      await page.click('#stop-scan')
      await until('stopped', async () => (await saidBy(page)) === titleOf('stopped'))
      expect(await page.evaluate('document.activeElement?.id')).to.equal('start-scan')
      await page.click('#start-scan')
      await until('late', async () => (await saidBy(page)) === titleOf('late'), (CAPTURE_S + 5) * 1000)
      readers({})
      await page.click('#start-scan')
      await page.waitForSelector('#form-consent, #problem')
    }))

  it('readers that are slow, and ports that say nothing, are lived with', () =>
    withPerson({}, async (page) => {
      readers({ person: LEO.id, fault: 'slow' })
      await fromBank(page, broker)
      await choose(page, 'biometrics', LEO.id)
      await pick(page, 'face camera')
      readers({ person: LEO.id, fault: 'silent' })
      await page.click('#look')
      await until('none', async () => (await saidBy(page)) === titleOf('none'), 30_000)
      readers({ person: LEO.id })
      await page.click('#look')
      await pick(page, 'face camera')
    }))

  for (const fault of ['other-person', 'tampered-hash', 'other-key'] as const)
    it(`${FAULTS[fault].what}: the same words as for any wrong proof, and it counts as an attempt (rules 11 and 22)`, () =>
      withPerson({}, async (page) => {
        readers({ person: OMAR.id, fault })
        const transaction = await fromBank(page, broker)
        await choose(page, 'biometrics', OMAR.id)
        await pick(page, 'face camera')
        await page.click('#start-scan')
        await page.waitForSelector('#problem')
        const text = await page.innerText('#problem')
        expect(text)
          .to.include((TEXTS.en['bio.wrong'] ?? '').slice(0, 50))
          .and.include('2')
        expect(typesOf(broker.data, transaction).slice(-2)).to.deep.equal(['FactorAttempted', 'FactorRejected'])
        // The next attempt has another transaction for the reader.
        readers({ person: OMAR.id })
        await pick(page, 'face camera')
        await page.click('#start-scan')
        await arrived(page, broker)
      }))

  it('without JavaScript the page says so and leads to another way', () =>
    withPerson({ javaScript: false, width: 320 }, async (page) => {
      await fromBank(page, broker)
      await page.fill('#individual_id', LEO.id)
      await page.click('#more-ways summary')
      await page.click('label[for=factor-biometrics]')
      await page.click('#form-choose #continue')
      await page.waitForSelector('#no-script')
      expect(await page.isVisible('#no-script')).to.equal(true)
      expect(await page.isVisible('#scanner')).to.equal(false)
      await expectNarrow(page)
      await page.click('#no-script a')
      await page.waitForSelector('#form-choose')
    }))

  it('where the browser refuses the way to the device, the page says how to allow it (Local Network Access)', () =>
    withPerson({}, async (page) => {
      readers({ person: LEO.id })
      const session = await page.context().newCDPSession(page)
      const { targetInfo } = await session.send('Target.getTargetInfo')
      const { browserContextId } = targetInfo
      const allow = async (setting: 'denied' | 'granted'): Promise<void> => {
        for (const name of ['local-network-access', 'loopback-network'])
          await session
            .send('Browser.setPermission', { permission: { name }, setting, origin: broker.issuer, browserContextId } as never)
            .catch(() => undefined)
      }
      await fromBank(page, broker)
      await allow('denied')
      await choose(page, 'biometrics', LEO.id)
      await until('blocked', async () => (await saidBy(page)) === titleOf('blocked'))
      expect(await page.isVisible('#other-way')).to.equal(true)
      await allow('granted')
      await page.reload()
      await pick(page, 'face camera')
    }))

  it('only this page may speak to the device, and only to the ports of readers (rule 26)', () =>
    withPerson({}, async (page) => {
      readers({ person: LEO.id })
      await fromBank(page, broker)
      const policies: string[] = []
      page.on('response', (response) => policies.push(response.headers()['content-security-policy'] ?? ''))
      await choose(page, 'biometrics', LEO.id)
      await pick(page, 'face camera')
      const may = (url: string): Promise<unknown> => page.evaluate(`fetch('${url}').then(() => 'yes', (e) => String(e))`)
      expect(
        policies.filter((policy) => policy.includes('connect-src')).every((policy) => policy.includes('connect-src http://127.0.0.1:*;')),
      ).to.equal(true)
      const refused: string[] = []
      page.on('console', (message) => refused.push(message.text()))
      await may(`${broker.demo}/demo/outbox`)
      await may(`${broker.issuer}/health/live`)
      await until('both refused', () => refused.filter((text) => text.includes('Content Security Policy')).length >= 2)
      await page.click('#other-way')
      await page.waitForSelector('#form-choose')
      expect(policies.at(-1)).not.to.include('connect-src')
    }))

  for (const [language, width] of [
    ['en', 1024],
    ['ar', 320],
    ['ta', 320],
  ] as const)
    it(`is accessible and fits, in ${language} at ${width} px, in each of its states`, () =>
      withPerson({ width, language }, async (page) => {
        const look = async (): Promise<void> => {
          await expectAccessible(page)
          await expectNarrow(page)
        }
        readers({ person: LEO.id, fault: 'absent' })
        await fromBank(page, broker)
        await choose(page, 'biometrics', LEO.id)
        await page.waitForSelector('#look:visible')
        await look()
        readers({ person: LEO.id, fault: 'busy' })
        await page.click('#look')
        await page.waitForSelector('#found .tag')
        await page.waitForSelector('#look:visible')
        await look()
        readers({ person: LEO.id, fault: 'hung' })
        await page.click('#look')
        await page.waitForSelector('#start-scan:visible')
        await look()
        await page.click('#start-scan')
        await page.waitForSelector('#scan progress')
        await look()
        await page.click('#stop-scan')
        readers({ person: LEO.id, fault: 'low-quality' })
        await page.click('#start-scan')
        await page.waitForSelector('#problem')
        await page.waitForSelector('#start-scan:visible')
        await look()
      }))

  it('no identifier, template or capture is in the log or the events (rule 1)', () => {
    const events = JSON.stringify(readEvents(broker.data))
    for (const text of [events, broker.output()]) {
      for (const planted of ['bioValue', 'sessionKey', 'digitalId', 'e7d0f42cdb7e1fad33018f9cd0', '711b22a06102588df5afba013d', LEO.id])
        expect(text, planted).not.to.include(planted)
    }
    expect(broker.output(), 'refused captures are told to the operator').to.include('"capture_refused"')
  })
})
