import { expect } from 'chai'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { after, before, describe, it } from 'mocha'
import { randomUUID } from 'node:crypto'
import { causedEvents, readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { keyHost, type KeyHost } from '../support/key-host.ts'
import { FORM, newParty, redeem, register, signIn, userinfo, type Party } from '../support/rp.ts'
import { send, type Got } from '../support/scripted-browser.ts'

const ISSUER = 'https://authority.example'
const PATH = '/v1/esignet/consents/withdraw'

describe('REG-05: withdrawal by a service with a token of the configured issuer (RFC 9068)', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let host: KeyHost
  let shop: Party
  let key: CryptoKey
  let stranger: CryptoKey

  before(async () => {
    host = await keyHost()
    const [ours, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    key = ours.privateKey
    stranger = other.privateKey
    host.publish([{ ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }])
    here = await brokerHere({
      network: host.network(),
      env: { ESIGNET_WITHDRAWALS_ISSUER: ISSUER, ESIGNET_WITHDRAWALS_JWKS_URI: host.uri, ESIGNET_PRIVATE_KEY_HOSTS: 'keys.example' },
    })
    shop = await register(here, await newParty('shop'))
  })
  after(async () => {
    await here.end()
    await host.close()
  })

  type Change = { readonly claims?: object; readonly header?: object; readonly by?: CryptoKey }
  const tokenOf = ({ claims = {}, header = {}, by = key }: Change = {}): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    const good = {
      iss: ISSUER,
      aud: here.issuer,
      sub: 'desk',
      client_id: 'consent-desk',
      jti: randomUUID(),
      scope: 'consent.withdraw',
      iat: now,
      exp: now + 60,
    }
    return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt', ...header }).sign(by)
  }
  const ask = async (consent: string, change: Change = {}): Promise<Got> => {
    const authorization = `Bearer ${await tokenOf(change)}`
    return send(here.issuer, { method: 'POST', path: PATH, headers: { ...FORM, authorization }, body: `consent=${consent}` })
  }
  const consentOf = (transaction: string): string => {
    const [event] = readEvents(here.data, `s.name = 'authorization-${transaction}' AND e.type IN ('ConsentGiven', 'ConsentReused')`)
    return (JSON.parse(event?.data ?? '{}') as { consent: string }).consent
  }

  it('tokens are dead before it is acknowledged, the event names the service, and asking twice is answered alike (rule 13)', async () => {
    const done = await signIn(here, shop)
    const { json } = await redeem(here, shop, done)
    const consent = consentOf(done.transaction)
    const got = await ask(consent)
    expect([got.status, JSON.parse(got.body)]).to.deep.equal([200, { consent, status: 'withdrawn' }])
    expect((await userinfo(here, String(json['access_token']))).status).to.equal(401)
    const [event] = readEvents(here.data, "e.type = 'WithdrawalRequested'").slice(-1)
    expect(JSON.parse(event?.data ?? '{}')).to.include({ by: 'service', service: 'consent-desk' })
    expect((await ask(consent)).status).to.equal(200)
  })

  it('every token that is not whole is refused, and nothing is withdrawn by it', async () => {
    const consent = consentOf((await signIn(here, shop)).transaction)
    const now = Math.floor(Date.now() / 1000)
    const wrong: readonly (readonly [string, Change, number])[] = [
      ['another issuer', { claims: { iss: 'https://evil.example' } }, 401],
      ['another audience', { claims: { aud: 'https://elsewhere.example' } }, 401],
      ['over', { claims: { exp: now - 1 } }, 401],
      ['too long', { claims: { exp: now + 7200 } }, 401],
      ['of the future', { claims: { iat: now + 600, exp: now + 900 } }, 401],
      ['without a name', { claims: { jti: undefined } }, 401],
      ['without a service', { claims: { client_id: undefined } }, 401],
      ['an ID token', { header: { typ: 'JWT' } }, 401],
      ['a key of its own', { header: { jku: 'https://evil.example/keys' } }, 401],
      ['signed by a stranger', { by: stranger }, 401],
      ['another scope', { claims: { scope: 'consent.withdrawal openid' } }, 403],
    ]
    for (const [name, change, status] of wrong) expect((await ask(consent, change)).status, name).to.equal(status)
    const none = await send(here.issuer, { method: 'POST', path: PATH, headers: FORM, body: `consent=${consent}` })
    expect(none.status).to.equal(401)
    expect(none.headers['www-authenticate']).to.include('scope="consent.withdraw"')
    expect((await ask('A'.repeat(43))).status).to.equal(404)
    expect((await ask('short')).status).to.equal(400)
    expect(readEvents(here.data, `s.name = 'consent-${consent}' AND e.type = 'WithdrawalRequested'`)).to.have.length(1)
  })

  it('REG-06: raced against the exchange and userinfo: nothing is released after it is acknowledged', async () => {
    for (let round = 0; round < 5; round += 1) {
      const done = await signIn(here, shop)
      const consent = consentOf(done.transaction)
      const before = causedEvents(here.data).length
      const [withdrawn, exchanged] = await Promise.all([ask(consent), redeem(here, shop, done)])
      expect(withdrawn.status).to.equal(200)
      const token = exchanged.json['access_token']
      if (typeof token === 'string') expect((await userinfo(here, token)).status).to.equal(401)
      else expect(exchanged.json['error']).to.equal('invalid_grant')
      const types = readEvents(here.data, `s.name = 'authorization-${done.transaction}'`).map(({ type }) => type)
      expect(types.slice(types.indexOf('AccessRevoked')).some((type) => ['TokenExchanged', 'UserinfoReleased'].includes(type))).to.equal(
        false,
      )
      expect(causedEvents(here.data).length).to.be.greaterThan(before)
    }
  })
})
