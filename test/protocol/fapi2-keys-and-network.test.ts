import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { callWithProof, dpopKey, freshNonce, redeemWithProof, userinfoWithProof, type DpopKey } from '../support/dpop.ts'
import { form, newParty, PAR, register, requestOf, signIn, TOKEN, USERINFO, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

/** The headers with which a JWT would name a key of its own. */
const KEY_HEADERS = ['jku', 'x5u', 'jwk', 'x5c']

describe('FAPI 2.0 Security Profile: network, tokens, keys', () => {
  let here: BrokerHere
  let bank: Party
  let own: DpopKey

  before(async () => {
    here = await brokerHere()
    // Registered for much, of which a request asks for little.
    bank = await register(here, await newParty('bank', 'PS256', { profile: 'fapi2' }))
    own = await dpopKey()
  })

  after(() => here.end())

  const nonce = async () => ({ claims: { nonce: await freshNonce(here, own) } })
  const tokens = async (more: Readonly<Record<string, string | undefined>> = {}) => {
    const got = await redeemWithProof(here, bank, await signIn(here, bank, { via: 'par', with: more }), own, await nonce())
    expect(got.status, got.body).to.equal(200)
    return got.json
  }

  it('5.2.3-1: behind https every kind of answer carries HSTS, as the preload lists want it', async () => {
    const secure = await brokerHere({ env: { ESIGNET_ISSUER: 'https://id.example' } })
    try {
      const local = `http://localhost:${secure.broker.port}`
      const doors = [
        { path: '/authorize' },
        { path: '/nowhere' },
        { path: '/.well-known/openid-configuration' },
        { path: '/.well-known/jwks.json' },
        { path: USERINFO },
        { path: TOKEN, method: 'POST' },
        { path: PAR, method: 'POST' },
      ]
      for (const door of doors) {
        const header = (await send(local, door)).headers['strict-transport-security'] ?? ''
        expect(header, door.path).to.include('includeSubDomains').and.include('preload')
        expect(Number(/max-age=(\d+)/.exec(header)?.[1]), door.path).to.be.at.least(31_536_000)
      }
    } finally {
      await secure.end()
    }
  })

  it('5.2.3-3: no CORS at the authorization endpoint, nor at a door that authenticates', async () => {
    const { members } = await requestOf(bank)
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const replies = [
      await send(here.issuer, { path: `/authorize?${form(members)}`, headers }),
      ...(await Promise.all(['/authorize', PAR, TOKEN, USERINFO].map((path) => send(here.issuer, { method: 'OPTIONS', path, headers })))),
    ]
    for (const reply of replies) expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control-'))).to.deep.equal([])
  })

  it('5.3.2.1-9: there is no refresh token, asked for or not', async () => {
    const json = await tokens()
    expect(json).not.to.have.property('refresh_token')
    const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
    expect(JSON.parse(body)).to.deep.include({ grant_types_supported: ['authorization_code'] })
    const { members } = await requestOf(bank, { with: { scope: 'openid offline_access' } })
    expect((await callWithProof(here, bank, PAR, members, own)).json['error']).to.equal('invalid_scope')
  })

  it('5.3.2.1-10: a nonce in a proof is ours to ask for: at the token endpoint and userinfo, and not at PAR', async () => {
    const { members } = await requestOf(bank)
    expect((await callWithProof(here, bank, PAR, members, own)).status).to.equal(201)
    const begun = await signIn(here, bank, { via: 'par' })
    expect((await redeemWithProof(here, bank, begun, own)).json['error']).to.equal('use_dpop_nonce')
  })

  it('5.3.2.1-14: a token is worth what was asked for, not what the client is registered for', async () => {
    const json = await tokens({ scope: 'openid', claims: undefined })
    const token = String(json['access_token'])
    expect(decodeJwt(token)['scope']).to.equal('openid')
    const { body } = await userinfoWithProof(here, token, own, await nonce())
    expect(Object.keys(decodeJwt(body))).to.have.members(['iss', 'sub', 'aud', 'iat'])
  })

  it('5.4.1: a client’s RSA key has 2048 bits at least', async () => {
    const weak = { kty: 'RSA', kid: 'weak', alg: 'PS256', use: 'sig', e: 'AQAB', n: Buffer.alloc(128, 0xff).toString('base64url') }
    const refused = await register(here, await newParty('weak', 'PS256', { profile: 'fapi2', jwks: { keys: [weak] } })).catch(String)
    expect(refused).to.include('jwks')
  })

  it('5.4.2: our keys hang on the issuer, each has a kid of its own and one purpose, and none points elsewhere', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
    const { jwks_uri } = JSON.parse(body) as { readonly jwks_uri: string }
    expect(new URL(jwks_uri).origin).to.equal(here.issuer)
    const jwks = JSON.parse((await send(here.issuer, { path: new URL(jwks_uri).pathname })).body) as {
      readonly keys: readonly Readonly<Record<string, unknown>>[]
    }
    expect(new Set(jwks.keys.map(({ kid }) => kid)).size).to.equal(jwks.keys.length)
    for (const key of jwks.keys) {
      expect(key).to.include({ use: 'sig' }).and.to.have.property('alg')
      expect(key).not.to.have.any.keys('x5u', 'x5c', 'jku')
    }
  })

  it('5.4.2: what we sign names its key by kid alone', async () => {
    const json = await tokens()
    const { body } = await userinfoWithProof(here, String(json['access_token']), own, await nonce())
    for (const jwt of [String(json['access_token']), String(json['id_token']), body]) {
      const header = decodeProtectedHeader(jwt)
      expect(header.kid).to.be.a('string')
      expect(Object.keys(header).filter((name) => KEY_HEADERS.includes(name))).to.deep.equal([])
    }
  })

  it('6.5: what browser swapping wins is short: the answer is in no store, and the code is dead within a minute', async () => {
    const { members } = await requestOf(bank)
    const { headers } = await send(here.issuer, { path: `/authorize?${form(members)}` })
    expect(headers['cache-control']).to.equal('no-store')
    expect(here.broker.world.policy.value.lifetimes.codeS).to.be.at.most(60)
  })

  it('6.7: a client is not named as a person is', async () => {
    const { sub } = decodeJwt(String((await tokens())['id_token']))
    const refused = await register(here, await newParty(String(sub), 'ES256', { redirect_uris: ['https://twin.example/cb'] })).catch(String)
    expect(refused).to.include('client_id: must not have the form of a subject')
  })
})
