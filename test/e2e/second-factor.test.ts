import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { begin, newParty, register, type Begun, type Party } from '../support/rp.ts'
import type { Page } from '../support/scripted-browser.ts'

const MAYA = { id: '8267411571', password: 'Harbour-Lamp-71', pin: '545411' }
const LEO = { id: '1774231323' }
const LOGIN_IDS = [
  {
    id: 'mobile',
    prefixes: [
      { label: 'ALM', value: '+999', maxLength: 9, regex: '^[0-9]{9}$' },
      { label: 'KHM', value: '+855', maxLength: 9 },
    ],
    svg: 'mobile',
  },
  { id: 'uin', regex: '^[0-9]{10}$', maxLength: 10 },
]

describe('A second factor, and kinds of identifiers, as an attacker sees the doors', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere({ env: { ESIGNET_LOGIN_IDS: JSON.stringify(LOGIN_IDS) } })
    shop = await register(here, await newParty('shop'))
  })

  after(async () => {
    await here.end()
  })

  const twoFactors = (): Promise<Begun> => {
    const acr = { essential: true, values: ['urn:esignet:acr:password-and-code'] }
    return begin(here, shop, { with: { claims: JSON.stringify({ id_token: { acr } }) } })
  }

  /** Whatever somebody posts, whether the page has such a field or not. */
  const choose = ({ browser, base }: Begun, page: Page, values: Readonly<Record<string, string>>): Promise<Page> => {
    const csrf = page.form('form-choose').fields.find(({ name }) => name === 'csrf')?.value ?? ''
    return browser.post(`${base}/choose`, Object.entries({ csrf, ...values }))
  }

  /** Up to the page that asks for the second factor. */
  const halfway = async (): Promise<readonly [Begun, Page]> => {
    const begun = await twoFactors()
    const asked = await choose(begun, begun.page, { individual_id: MAYA.id, login_id: 'uin', factor: 'password' })
    const next = await begun.browser.submit(asked, 'form-password', { values: { password: MAYA.password } })
    expect(next.has('form-choose'), next.html).to.equal(true)
    return [begun, next]
  }

  const typesIn = ({ transaction }: Begun): readonly string[] =>
    readEvents(here.data, `s.name = 'authorization-${transaction}'`).map(({ type }) => type)

  it('is not asked of somebody else, whatever the form says', async () => {
    const [begun, next] = await halfway()
    const refused = await choose(begun, next, { individual_id: LEO.id, login_id: 'uin', factor: 'otp' })
    expect(refused.status).to.be.within(400, 499)
    expect(typesIn(begun).filter((type) => type === 'FactorRequested')).to.have.length(1)
  })

  it('is none that leads nowhere, and goes no way that there is not', async () => {
    const [begun, next] = await halfway()
    expect((await choose(begun, next, { factor: 'pin' })).status).to.be.within(400, 499)
    expect((await choose(begun, next, { factor: 'password' })).status).to.be.within(400, 499)
    expect((await choose(begun, next, { factor: 'otp', channel: 'pigeon' })).status).to.be.within(400, 499)
    expect(typesIn(begun).filter((type) => type === 'FactorRequested')).to.have.length(1)
  })

  it('rule 21: a known password buys no new guesses at the code', async () => {
    const failuresAfter = async (): Promise<number> => {
      const [begun, next] = await halfway()
      const otpPage = await choose(begun, next, { factor: 'otp', channel: 'sms' })
      await begun.browser.submit(otpPage, 'form-otp', { values: { otp: '000000' } })
      const counted = readEvents(here.data, "e.type = 'AttemptCounted'").at(-1)
      return (JSON.parse(counted?.data ?? '{}') as { counters: { failures: number } }).counters.failures
    }
    const first = await failuresAfter()
    expect(await failuresAfter()).to.equal(first + 1)
    const reasons = readEvents(here.data, "e.type = 'AttemptCredited'").map(({ data }) => (JSON.parse(data) as { reason: string }).reason)
    expect(new Set(reasons)).to.deep.equal(new Set(['confirmed']))
  })

  it('login-id.options: a number of the chosen country is one, of another it is none', async () => {
    const begun = await begin(here, shop)
    expect(begun.page.html).to.include('+999 ALM')
    const mobile = { login_id: 'mobile', individual_id: '205550171', factor: 'pin' }
    const wrong = await choose(begun, begun.page, { ...mobile, 'prefix.mobile': '+855' })
    expect(wrong.has('form-choose') || wrong.has('form-pin')).to.equal(true)
    const bad = await choose(begun, await begun.browser.get(`${begun.base}/choose`), { ...mobile, 'prefix.mobile': '+1' })
    expect(bad.status).to.equal(422)
    const right = await choose(begun, await begun.browser.get(`${begun.base}/choose`), { ...mobile, 'prefix.mobile': '+999' })
    expect(right.html).to.include('0171')
    const consent = await begun.browser.submit(right, 'form-pin', { values: { pin: MAYA.pin } })
    expect(consent.has('form-consent'), consent.html).to.equal(true)
  })

  it('login-id.options that the ID system does not know keep the broker from starting', async () => {
    let told = ''
    try {
      const wrong = await brokerHere({ env: { ESIGNET_LOGIN_IDS: JSON.stringify([{ id: 'nrc' }]) } })
      await wrong.end()
    } catch (error) {
      told = error instanceof Error ? error.message : ''
    }
    expect(told).to.include('loginIds.nrc: the ID system knows no handle')
  })
})
