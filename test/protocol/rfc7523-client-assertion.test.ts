import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  assertionOf,
  begin,
  call,
  form,
  FORM,
  newParty,
  PAR,
  redeem,
  register,
  requestOf,
  signIn,
  TOKEN,
  userinfo,
  type Party,
} from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'
const LEO = { id: '1774231323', pin: '111111' }

describe('RFC 7523: client authentication (rule 32)', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party
  let other: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
    other = await register(here, await newParty('other'))
  })

  after(() => here.end())

  const push = async (claims: Readonly<Record<string, unknown>>, party = shop, more: Readonly<Record<string, string>> = {}) => {
    const { members } = await requestOf(shop)
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    const assertion = await assertionOf(here, party, claims)
    const body = form({ ...members, client_assertion: assertion, client_assertion_type: type, ...more })
    const { status, body: text } = await send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body })
    return { status, json: JSON.parse(text) as Record<string, unknown>, assertion }
  }
  const seconds = (): number => Math.floor(Date.now() / 1000) + here.aheadS()

  it('takes an assertion once', async () => {
    const { status, assertion } = await push({})
    expect(status).to.equal(201)
    const again = await push({}, shop, { client_assertion: assertion })
    expect([again.status, again.json['error']]).to.deep.equal([401, 'invalid_client'])
  })

  const wrong: readonly (readonly [what: string, claims: () => Readonly<Record<string, unknown>>])[] = [
    ['of another issuer and subject', () => ({ iss: 'other' })],
    ['without a subject', () => ({ sub: undefined })],
    ['for another audience', () => ({ aud: 'https://elsewhere.example' })],
    ['that expired', () => ({ iat: seconds() - 200, exp: seconds() - 90 })],
    ['that lives too long', () => ({ exp: seconds() + 3600 })],
    ['from the future', () => ({ iat: seconds() + 120 })],
    ['without an id', () => ({ jti: undefined })],
  ]
  for (const [what, claims] of wrong)
    it(`refuses one ${what}`, async () => {
      const { status, json } = await push(claims())
      expect([status, json['error']]).to.deep.equal([401, 'invalid_client'])
    })

  it('of a client that is bound to the issuer as audience, takes nothing but that one string (attack 6, CVE-2025-27370)', async () => {
    const bound = await register(here, await newParty('bound', 'ES256', { assertion_audience: 'issuer' }))
    for (const aud of [
      [here.issuer],
      [here.issuer, 'https://elsewhere.example'],
      `${here.issuer}${PAR}`,
      `${here.issuer}${TOKEN}`,
      `${here.issuer}/`,
    ])
      expect((await push({ aud }, bound)).status, JSON.stringify(aud)).to.equal(401)
    expect((await call(here, bound, PAR, (await requestOf(bound)).members)).status).to.equal(201)
  })

  it('refuses a key that is not the client’s, and one of another client', async () => {
    const stranger = await newParty('shop')
    const { status, json } = await push({}, stranger)
    expect([status, json['error']]).to.deep.equal([401, 'invalid_client'])
    const { status: otherStatus } = await push({}, { ...other, id: 'shop' })
    expect(otherStatus).to.equal(401)
  })

  describe('a deactivated client (rule 16)', () => {
    it('is refused at once, wherever its logins stand', async () => {
      const party = await register(here, await newParty('closing'))
      const waiting = await begin(here, party)
      const coded = await signIn(here, party)
      const { json } = await redeem(here, party, await signIn(here, party))
      const token = String(json['access_token'])
      expect((await userinfo(here, token)).status).to.equal(200)
      await here.deactivate(party.id)
      expect((await begin(here, party)).page.status).to.equal(400)
      expect((await redeem(here, party, coded)).status).to.equal(401)
      expect((await call(here, party, PAR, (await requestOf(party)).members)).status).to.equal(401)
      expect((await userinfo(here, token)).status).to.equal(401)
      const page = await waiting.browser.submit(waiting.page, 'form-choose', { values: { individual_id: LEO.id, factor: 'otp' } })
      expect(page.status, 'nothing is sent in its name').to.be.within(400, 499)
    })
  })
})
