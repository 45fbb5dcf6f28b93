import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { Browser, Page } from 'playwright-core'
import { otpOf, outbox, readEvents, startBroker, typesOf, type BrokerProcess } from '../support/broker.ts'
import {
  arrived,
  choose,
  expectAccessible,
  expectNarrow,
  fromBank,
  launchChromium,
  personOf,
  prove,
  transactionOf,
  type Habits,
} from '../support/browser.ts'

/** One person for each way, since a consent that stands is not asked for again. */
const MAYA = { id: '8267411571', pin: '545411', password: 'Harbour-Lamp-71', name: 'Maya Rahimi', born: ['25', '11', '1987'] } as const
const LEO = { id: '1774231323', pin: '111111', password: 'Orchard-Gate-23', name: 'Léo MARTIN', born: ['8', '3', '1992'] } as const

const TWO = 'urn:esignet:acr:password-and-code'

describe('Every factor, in Chromium', function () {
  this.timeout(60_000)
  let broker: BrokerProcess
  let chromium: Browser

  before(async () => {
    ;[broker, chromium] = await Promise.all([startBroker(), launchChromium()])
  })

  after(async () => {
    await chromium.close()
    await broker.end()
  })

  const withPerson = async (habits: Habits, act: (page: Page) => Promise<void>): Promise<void> => {
    const page = await personOf(chromium, habits)
    try {
      await act(page)
    } finally {
      await page.context().close()
    }
  }

  /** Back at the bank, which shows the verified ID token; over the consent page where it is asked. */
  const finish = async (page: Page): Promise<string> => {
    await page.waitForURL((url) => url.origin === broker.demo || /\/login\/tx_[^/]+$/.test(url.pathname))
    if ((await page.locator('#form-consent').count()) > 0) await page.click('#accept')
    await arrived(page, broker)
    return (await page.textContent('main')) ?? ''
  }

  type Truth = { readonly factors: readonly string[]; readonly amr: readonly string[]; readonly acr: string }

  /** The events and the ID token say the same, and what happened. */
  const expectTruth = (told: string, transaction: string, { factors, amr, acr }: Truth): void => {
    const [row] = readEvents(broker.data, `s.name = 'authorization-${transaction}' AND e.type = 'Authenticated'`)
    expect(JSON.parse(row?.data ?? '{}')).to.deep.include({ factors, amr, acr })
    expect(told).to.include(acr)
    for (const name of amr) expect(told).to.include(name)
  }

  const answer = async (page: Page, name: string, [day, month, year]: readonly string[]): Promise<void> => {
    await page.fill('[id="answer.full_name"]', name)
    for (const [part, value] of Object.entries({ day, month, year })) await page.fill(`[id="answer.birthdate.${part}"]`, value ?? '')
    await page.click('#form-knowledge #continue')
  }

  for (const [javaScript, someone] of [
    [true, MAYA],
    [false, LEO],
  ] as const)
    describe(`with JavaScript ${javaScript ? 'on' : 'off'}`, () => {
      it('OTP by the way that the person chose', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await page.click('#channels summary')
          await page.click('label[for=channel-email]')
          await choose(page, 'otp', someone.id)
          expect(await page.innerText('.intro')).to.include('email')
          expect(await page.getAttribute('#otp', 'autocomplete')).to.equal('one-time-code')
          expect((await outbox(broker, transaction)).map(({ channel }) => channel)).to.deep.equal(['email'])
          await prove(page, 'otp', await otpOf(broker, transaction))
          const told = await finish(page)
          expectTruth(told, transaction, { factors: ['otp'], amr: ['otp'], acr: 'mosip:idp:acr:generated-code' })
        }))

      it('PIN', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await choose(page, 'pin', someone.id)
          await prove(page, 'pin', someone.pin)
          expectTruth(await finish(page), transaction, { factors: ['pin'], amr: ['pin'], acr: 'mosip:idp:acr:static-code' })
        }))

      it('password', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await choose(page, 'password', someone.id)
          await prove(page, 'password', someone.password)
          expectTruth(await finish(page), transaction, { factors: ['password'], amr: ['pwd'], acr: 'mosip:idp:acr:password' })
        }))

      it('knowledge: what is wrong is said at its question and costs no try, and nothing is typed twice', () =>
        withPerson({ javaScript, width: 320 }, async (page) => {
          const transaction = await fromBank(page, broker)
          await choose(page, 'knowledge', someone.id)
          if (javaScript) await expectAccessible(page)
          await answer(page, someone.name, ['31', '2', '1987'])
          await page.waitForSelector('#problem')
          expect(await page.inputValue('[id="answer.full_name"]')).to.equal(someone.name)
          expect(await page.innerText('[id="answer.birthdate-wrong"]')).to.include('Date of birth')
          if (javaScript) await expectAccessible(page)
          await expectNarrow(page)
          expect(typesOf(broker.data, transaction)).to.not.include('FactorAttempted')
          await answer(page, 'Somebody Else', someone.born)
          await page.waitForSelector('#problem')
          expect(await page.innerText('#problem')).to.include('2')
          await answer(page, someone.name, someone.born)
          expectTruth(await finish(page), transaction, { factors: ['knowledge'], amr: ['kba'], acr: 'mosip:idp:acr:knowledge' })
        }))

      it('password and then a code, by the same person, who types no identifier again', () =>
        withPerson({ javaScript, width: 320 }, async (page) => {
          const transaction = await fromBank(page, broker, 'sign-in-two-factors')
          expect(await page.locator('#channels, [name=factor][type=radio]').count(), 'nothing else leads there').to.equal(0)
          await choose(page, 'password', someone.id)
          await prove(page, 'password', 'not-the-password')
          await page.waitForSelector('#problem')
          await prove(page, 'password', someone.password)
          await page.waitForSelector('#proven')
          expect(await page.locator('#individual_id').count()).to.equal(0)
          if (javaScript) await expectAccessible(page)
          await expectNarrow(page)
          await page.click('#form-choose #continue')
          await page.waitForSelector('#form-otp')
          await prove(page, 'otp', await otpOf(broker, transaction))
          const told = await finish(page)
          expectTruth(told, transaction, { factors: ['password', 'otp'], amr: ['pwd', 'otp', 'mfa'], acr: TWO })
          expect(typesOf(broker.data, transaction).slice(0, 10)).to.deep.equal([
            'AuthorizationStarted',
            'AuthorizationOpened',
            'FactorRequested',
            'FactorAttempted',
            'FactorRejected',
            'FactorAttempted',
            'FactorConfirmed',
            'FactorRequested',
            'FactorSent',
            'FactorAttempted',
          ])
        }))
    })

  it('e-KYC at the bank: claims come with how they were verified', () =>
    withPerson({}, async (page) => {
      await fromBank(page, broker, 'sign-in-verified')
      await choose(page, 'pin', MAYA.id)
      await prove(page, 'pin', MAYA.pin)
      await page.waitForSelector('#form-consent')
      for (const box of await page.locator('#form-consent input[type=checkbox]').all()) await box.check()
      await page.click('#accept')
      await arrived(page, broker)
      expect(await page.textContent('main')).to.include('almaria_civil_register')
    }))

  it('half a proof survives the browser: whoever comes back is asked the second factor only', () =>
    withPerson({}, async (page) => {
      const transaction = await fromBank(page, broker, 'sign-in-two-factors')
      await choose(page, 'password', MAYA.id)
      await prove(page, 'password', MAYA.password)
      await page.waitForSelector('#proven')
      const address = page.url()
      await page.goto('about:blank')
      await page.goto(address)
      await page.waitForSelector('#proven')
      expect(transactionOf(page)).to.equal(transaction)
    }))
})
