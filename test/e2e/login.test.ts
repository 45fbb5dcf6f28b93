import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import type { Browser, Page } from 'playwright-core'
import {
  arrived,
  choose,
  expectAccessible,
  expectNarrow,
  fromBank,
  launchChromium,
  personOf,
  prove,
  proveByOtp,
  transactionOf,
  type Habits,
} from '../support/browser.ts'
import { otpOf, outbox, causedEvents, startBroker, typesOf, until, type BrokerProcess } from '../support/broker.ts'

type Someone = {
  readonly id: string
  readonly pin: string
  readonly password: string
  readonly name: string
  readonly birthdate: string
  readonly email: string
}

const MAYA: Someone = {
  id: '8267411571',
  pin: '545411',
  password: 'Harbour-Lamp-71',
  name: 'Maya Rahimi',
  birthdate: '1987-11-25',
  email: 'maya.rahimi@mail.almaria.example',
}
const LEO: Someone = {
  id: '1774231323',
  pin: '111111',
  password: 'Orchard-Gate-23',
  name: 'Leo Martin',
  birthdate: '1992-03-08',
  email: 'leo.martin@mail.almaria.example',
}
/** Each for one test, since a consent that stands is not asked for again. */
const OMAR = { id: '6148230579', pin: '204816' }
const RAVI = { id: '4417098235', pin: '730215' }
const SOPHEAP = { id: '3290516784', pin: '918273' }
const KAVYA = { id: '7605183942', pin: '364128' }
const NADIA_BLOCKED = '5983620147'

describe('A person signs in at the demo bank, in Chromium', function () {
  this.timeout(60_000)
  let broker: BrokerProcess
  let chromium: Browser

  before(async () => {
    ;[broker, chromium] = await Promise.all([startBroker({ ESIGNET_LOG_LEVEL: 'info' }), launchChromium()])
  })

  after(async () => {
    await chromium.close()
    await broker.end()
  })

  /** A person with a browser of their own, which is closed whatever happens. */
  const withPerson = async (habits: Habits, act: (page: Page) => Promise<void>): Promise<void> => {
    const page = await personOf(chromium, habits)
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) troubles.push(message.text())
    })
    try {
      await act(page)
      expect(troubles, 'errors in the console').to.deep.equal([])
    } finally {
      await page.context().close()
    }
  }

  const accept = async (page: Page): Promise<void> => {
    await page.waitForSelector('#form-consent')
    await page.click('#accept')
  }

  for (const [javaScript, someone] of [
    [true, MAYA],
    [false, LEO],
  ] as const)
    describe(`with JavaScript ${javaScript ? 'on' : 'off'}`, () => {
      it('by OTP: consent, back, and the verified userinfo is shown', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await proveByOtp(page, broker, someone.id)
          await page.waitForSelector('#form-consent')
          const consent = await page.innerText('main')
          expect(consent).not.to.include(someone.birthdate)
          await page.check('input[name=claims][value=email]')
          await accept(page)
          const told = await arrived(page, broker)
          for (const shared of [someone.name, someone.birthdate, someone.email]) expect(told).to.include(shared)
          expect(told, 'what was not ticked').not.to.include('+99920555')
          expect(typesOf(broker.data, transaction)).to.deep.equal([
            'AuthorizationStarted',
            'AuthorizationOpened',
            'FactorRequested',
            'FactorSent',
            'FactorAttempted',
            'Authenticated',
            'ConsentGiven',
            'CodeIssued',
            'TokenExchanged',
            'UserinfoReleased',
          ])
        }))

      it('a second time, with the consent that stands (rule 28)', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await choose(page, 'pin', someone.id)
          await prove(page, 'pin', someone.pin)
          const told = await arrived(page, broker)
          expect(told).to.include(someone.birthdate)
          expect(told, 'refused voluntary claims stay refused').not.to.include('+99920555')
          expect(typesOf(broker.data, transaction)).to.include('ConsentReused').and.not.include('ConsentGiven')
        }))

      it('by password', () =>
        withPerson({ javaScript }, async (page) => {
          await fromBank(page, broker)
          await choose(page, 'password', someone.id)
          await prove(page, 'password', someone.password)
          expect(await arrived(page, broker)).to.include(someone.name)
        }))

      it('by a pushed request (RFC 9126)', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker, 'sign-in-par')
          expect(typesOf(broker.data, transaction)).to.deep.equal(['AuthorizationStarted', 'AuthorizationOpened'])
          await choose(page, 'pin', someone.id)
          await prove(page, 'pin', someone.pin)
          expect(await arrived(page, broker)).to.include(someone.name)
        }))

      it('a wrong PIN is told, with the tries that are left, and the right one then goes through', () =>
        withPerson({ javaScript }, async (page) => {
          await fromBank(page, broker)
          await choose(page, 'pin', someone.id)
          await prove(page, 'pin', '000000')
          await page.waitForSelector('#problem')
          expect(await page.innerText('#problem')).to.match(/2/)
          await prove(page, 'pin', someone.pin)
          await arrived(page, broker)
        }))

      it('who gives up on the first page is back at the bank with access_denied', () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await page.click('#form-cancel #cancel')
          expect(await arrived(page, broker)).to.include('access_denied')
          expect(typesOf(broker.data, transaction).at(-1)).to.equal('AuthorizationFailed')
        }))
    })

  // After the others, whose consents they build on: mocha runs what stands in `describe` last.
  describe('whatever people do', () => {
    it('who refuses on the consent page is back at the bank with access_denied', () =>
      withPerson({}, async (page) => {
        const transaction = await fromBank(page, broker)
        await choose(page, 'pin', OMAR.id)
        await prove(page, 'pin', OMAR.pin)
        await page.waitForSelector('#form-consent')
        await page.click('#form-consent #cancel')
        expect(await arrived(page, broker)).to.include('access_denied')
        expect(typesOf(broker.data, transaction)).to.include('ConsentDenied').and.not.include('CodeIssued')
      }))

    it('in Arabic, from right to left, as the relying party wished', () =>
      withPerson({ width: 320 }, async (page) => {
        await page.goto(`${broker.demo}/login?ui_locales=ar`)
        expect(await page.getAttribute('html', 'dir')).to.equal('rtl')
        expect(await page.getAttribute('html', 'lang')).to.equal('ar')
        await expectAccessible(page)
        await expectNarrow(page)
        await choose(page, 'pin')
        expect(await page.getAttribute('html', 'dir')).to.equal('rtl')
        await prove(page, 'pin', MAYA.pin)
        expect(await arrived(page, broker)).to.include(MAYA.name)
      }))

    it('in the language that the person picks on the page, kept from there on', () =>
      withPerson({}, async (page) => {
        await fromBank(page, broker)
        await page.click('#language summary')
        await page.click('#language a[lang=fr]')
        expect(await page.getAttribute('html', 'lang')).to.equal('fr')
        await choose(page, 'pin')
        expect(await page.getAttribute('html', 'lang')).to.equal('fr')
      }))

    it('every page on the way is accessible, and fits 320 px', () =>
      withPerson({ width: 320 }, async (page) => {
        const look = async (): Promise<void> => {
          await expectAccessible(page)
          await expectNarrow(page)
        }
        await page.goto(broker.demo)
        await look()
        await page.click('#sign-in')
        await page.waitForSelector('#form-choose')
        await look()
        await page.click('#form-choose #continue')
        await page.waitForSelector('#problem')
        await look()
        await choose(page, 'password', LEO.id)
        await look()
        await page.click('#back')
        await choose(page, 'pin', LEO.id)
        await look()
        await prove(page, 'pin', '999999')
        await page.waitForSelector('#problem')
        await look()
        await page.click('#other-way')
        await page.waitForSelector('#form-choose')
        // The identifier of before is kept (WCAG 2.2, 3.3.7).
        await page.click('label[for=factor-otp]')
        await page.click('#form-choose #continue')
        await page.waitForSelector('#form-otp')
        await look()
        await page.click('#resend')
        await page.waitForSelector('#problem')
        await look()
        await page.goto(`${broker.demo}/demo/outbox`)
        await look()
        await page.goto(`${broker.issuer}/login/tx_${'0'.repeat(24)}`)
        await look()
        for (const path of ['/help', '/privacy', '/accessibility']) {
          const reply = await page.goto(`${broker.issuer}${path}`)
          if (reply?.status() === 200) await look()
        }
      }))

    it('the consent page and what the bank shows are accessible at 320 px', () =>
      withPerson({ width: 320 }, async (page) => {
        await fromBank(page, broker)
        await choose(page, 'pin', OMAR.id)
        await prove(page, 'pin', OMAR.pin)
        await page.waitForSelector('#form-consent')
        await expectAccessible(page)
        await expectNarrow(page)
        for (const box of await page.locator('input[name=claims]').all()) {
          expect(await box.isChecked(), 'never ticked beforehand').to.be.false
          await box.check()
        }
        await accept(page)
        await arrived(page, broker)
        await expectAccessible(page)
        await expectNarrow(page)
      }))

    it('with the keyboard alone', () =>
      withPerson({}, async (page) => {
        const focused = (): Promise<unknown> => page.evaluate('document.activeElement?.id ?? ""')
        const tabTo = (id: string): Promise<true> =>
          until(`focus on ${id}`, async () => {
            if ((await focused()) === id) return true
            await page.keyboard.press('Tab')
            return undefined
          })
        await page.goto(broker.demo)
        await tabTo('sign-in')
        await page.keyboard.press('Enter')
        await page.waitForSelector('#form-choose')
        await tabTo('individual_id')
        await page.keyboard.type(MAYA.id)
        await page.keyboard.press('Tab')
        // A group of radio buttons is one stop; the arrows choose in it.
        await until('the PIN is chosen', async () => {
          const id = await focused()
          if (id === 'factor-pin') return true
          await page.keyboard.press(typeof id === 'string' && id.startsWith('factor-') ? 'ArrowDown' : 'Tab')
          return undefined
        })
        await page.keyboard.press('Enter')
        await page.waitForSelector('#form-pin')
        await tabTo('pin')
        await page.keyboard.type(MAYA.pin)
        await page.keyboard.press('Enter')
        expect(await arrived(page, broker)).to.include(MAYA.name)
      }))

    it('the back button is safe: no step is done twice, and the login goes on', () =>
      withPerson({}, async (page) => {
        const transaction = await fromBank(page, broker)
        await choose(page, 'pin', RAVI.id)
        await page.goBack()
        await page.waitForSelector('#form-choose, #form-pin')
        await page.goForward()
        await page.waitForSelector('#form-pin')
        await prove(page, 'pin', RAVI.pin)
        await page.waitForSelector('#form-consent')
        await page.goBack()
        await page.reload()
        await page.waitForSelector('#form-consent')
        await accept(page)
        await arrived(page, broker)
        await page.goBack()
        await page.goForward()
        expect(await arrived(page, broker)).to.include('Welcome')
        const types = typesOf(broker.data, transaction)
        for (const once of ['FactorRequested', 'FactorAttempted', 'ConsentGiven', 'CodeIssued', 'TokenExchanged'])
          expect(
            types.filter((type) => type === once),
            once,
          ).to.have.length(1)
      }))

    for (const [javaScript, { id, pin }] of [
      [true, SOPHEAP],
      [false, KAVYA],
    ] as const)
      it(`a double click is safe with JavaScript ${javaScript ? 'on' : 'off'}`, () =>
        withPerson({ javaScript }, async (page) => {
          const transaction = await fromBank(page, broker)
          await page.fill('#individual_id', id)
          await page.click('label[for=factor-pin]')
          await page.dblclick('#form-choose #continue', { noWaitAfter: true })
          await page.waitForSelector('#form-pin')
          await page.fill('#pin', pin)
          await page.dblclick('#form-pin #continue', { noWaitAfter: true })
          await page.waitForSelector('#form-consent')
          await page.dblclick('#accept', { noWaitAfter: true })
          await page.waitForURL((url) => url.origin === broker.demo)
          const types = typesOf(broker.data, transaction)
          for (const once of ['ConsentGiven', 'CodeIssued'])
            expect(
              types.filter((type) => type === once),
              once,
            ).to.have.length(1)
          expect(types, 'nothing failed').not.to.include('AuthorizationFailed')
        }))

    it('two tabs do not disturb each other', () =>
      withPerson({}, async (first) => {
        const second = await first.context().newPage()
        const one = await fromBank(first, broker)
        const two = await fromBank(second, broker)
        expect(one).not.to.equal(two)
        await choose(first, 'pin')
        await choose(second, 'pin', LEO.id)
        await prove(second, 'pin', LEO.pin)
        await arrived(second, broker)
        await prove(first, 'pin', MAYA.pin)
        expect(await arrived(first, broker)).to.include(MAYA.name)
        expect(typesOf(broker.data, one)).to.include('TokenExchanged')
        expect(typesOf(broker.data, two)).to.include('TokenExchanged')
      }))

    it('another browser with the address gets nothing, and changes nothing (rules 17 and 23)', () =>
      withPerson({}, async (page) => {
        const transaction = await fromBank(page, broker)
        await choose(page, 'pin')
        const before = causedEvents(broker.data).length
        const path = page.url()
        await withPerson({}, async (stranger) => {
          const reply = await stranger.goto(path)
          expect(reply?.status()).to.equal(403)
          const text = await stranger.innerText('body')
          expect(await stranger.locator('form').count()).to.equal(0)
          expect(text).not.to.include('Harbour').and.not.include('571')
          await expectAccessible(stranger)
        })
        expect(causedEvents(broker.data)).to.have.length(before)
        expect(transactionOf(page)).to.equal(transaction)
        await prove(page, 'pin', MAYA.pin)
        await arrived(page, broker)
      }))

    it('an unknown id looks as a known one does (rule 22)', () =>
      withPerson({}, async (page) => {
        const textOf = async (id: string): Promise<string> => {
          await fromBank(page, broker)
          await choose(page, 'otp', id)
          const html = await page.innerText('main')
          return html
            .replace(/\b[A-Z0-9]{4}\b/g, '')
            .replace(/\d{1,2}:\d{2}/g, '')
            .replaceAll(id.slice(-3), '')
        }
        const known = await textOf(KAVYA.id)
        expect(await textOf('9999999999'), 'unknown').to.equal(known)
        expect(await textOf(NADIA_BLOCKED), 'blocked').to.equal(known)
      }))

    it('one code reaches the outbox, and only one, for one wish (rule 36)', () =>
      withPerson({}, async (page) => {
        const transaction = await fromBank(page, broker)
        await choose(page, 'otp')
        await otpOf(broker, transaction)
        await page.reload()
        expect(await outbox(broker, transaction)).to.have.length(1)
      }))

    it('what the process wrote names nobody (rule 1)', () => {
      const written = broker.output()
      expect(written, 'the demonstration shows its codes').to.include('is your code for')
      // The first lines say as whom one may sign in; that is Maya.
      for (const secret of [LEO.id, LEO.pin, LEO.password, LEO.birthdate, LEO.email]) expect(written).not.to.include(secret)
    })
  })
})
