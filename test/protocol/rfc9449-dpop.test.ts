import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  athOf,
  callWithProof,
  dpopKey,
  freshNonce,
  proofOf,
  pushWithProof,
  redeemWithProof,
  userinfoWithProof,
  type DpopKey,
} from '../support/dpop.ts'
import {
  assertionOf,
  grantOf,
  newParty,
  redeem,
  register,
  requestOf,
  signIn,
  TOKEN,
  USERINFO,
  userinfo,
  type Party,
  type SignedIn,
} from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('RFC 9449 at the doors', () => {
  let here: BrokerHere
  /** Compatible: bearer unless it shows a key. */
  let shop: Party
  /** Compatible, and bound by its registration. */
  let bound: Party
  let own: DpopKey
  let other: DpopKey

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
    bound = await register(here, await newParty('bound', 'ES256', { dpop_bound_access_tokens: true }))
    own = await dpopKey()
    other = await dpopKey('EdDSA')
  })

  after(() => here.end())

  const withNonce = async (claims: Readonly<Record<string, unknown>> = {}) => ({
    claims: { nonce: await freshNonce(here, own), ...claims },
  })
  const types = (signedIn: SignedIn) => typesOf(here.data, signedIn.transaction)

  const boundToken = async (party = shop): Promise<string> => {
    const got = await redeemWithProof(here, party, await signIn(here, party), own, await withNonce())
    expect(got.status, got.body).to.equal(200)
    return String(got.json['access_token'])
  }

  it('§5, §6.1: token_type DPoP, and the access token confirms the key', async () => {
    const got = await redeemWithProof(here, shop, await signIn(here, shop), own, await withNonce())
    expect(got.json['token_type']).to.equal('DPoP')
    expect(decodeJwt(String(got.json['access_token']))['cnf']).to.deep.equal({ jkt: own.thumbprint })
  })

  it('§8, rule 32: the first proof is challenged before the assertion is spent, and the code is not burnt', async () => {
    const signedIn = await signIn(here, shop)
    const assertion = await assertionOf(here, shop)
    const first = await callWithProof(here, shop, TOKEN, grantOf(shop, signedIn), own, {}, assertion)
    expect([first.status, first.json['error']]).to.deep.equal([400, 'use_dpop_nonce'])
    const nonce = first.headers['dpop-nonce'] ?? ''
    const second = await callWithProof(here, shop, TOKEN, grantOf(shop, signedIn), own, { claims: { nonce } }, assertion)
    expect(second.status, second.body).to.equal(200)
    expect(second.headers['dpop-nonce'], '§8.2').to.be.a('string')
  })

  it('§8: a nonce counts for two steps of 30 s, then it is challenged again', async () => {
    const signedIn = await signIn(here, shop)
    const stale = await redeemWithProof(here, shop, signedIn, own, { claims: { nonce: 'A'.repeat(43) } })
    expect(stale.json['error']).to.equal('use_dpop_nonce')
    expect((await redeemWithProof(here, shop, signedIn, own, await withNonce())).status).to.equal(200)
  })

  it('§4.3 at the token endpoint: each fault is invalid_dpop_proof, none burns the code (rule 31)', async () => {
    const signedIn = await signIn(here, shop)
    const change = await withNonce()
    const faults = [
      { claims: { ...change.claims, htm: 'GET' } },
      { claims: { ...change.claims, htu: `${here.issuer}${USERINFO}` } },
      { claims: { ...change.claims, htu: `https://evil.example${TOKEN}` } },
      { claims: { ...change.claims, iat: 1 } },
      { claims: { ...change.claims, jti: undefined } },
      { ...change, header: { typ: 'JWT' } },
      { ...change, key: other.privateKey, header: { alg: 'EdDSA' } },
    ]
    for (const fault of faults) {
      const got = await redeemWithProof(here, shop, signedIn, own, fault)
      expect([got.status, got.json['error']], JSON.stringify(fault)).to.deep.equal([400, 'invalid_dpop_proof'])
    }
    expect(types(signedIn)).not.to.include('CodeRefused')
    expect((await redeemWithProof(here, shop, signedIn, own, change)).status).to.equal(200)
  })

  it('§4.3-1: two DPoP headers are refused', async () => {
    const signedIn = await signIn(here, shop)
    const claims = { htm: 'POST', htu: `${here.issuer}${TOKEN}`, iat: Math.floor(Date.now() / 1000) }
    const dpop = [await proofOf(own, claims), await proofOf(own, claims)]
    const body = new URLSearchParams(grantOf(shop, signedIn)).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop }
    const got = await send(here.issuer, { method: 'POST', path: TOKEN, headers, body })
    expect(got.body).to.include('invalid_dpop_proof')
  })

  it('§4.3-9: what the request says of its host does not count', async () => {
    const dpop = await proofOf(own, {
      htm: 'GET',
      htu: `http://evil.example${USERINFO}`,
      iat: Math.floor(Date.now() / 1000),
      ath: athOf('x'),
    })
    const token = await boundToken()
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', authorization: `DPoP ${token}`, dpop }
    expect((await send(here.issuer, { path: USERINFO, headers })).body).to.include('invalid_dpop_proof')
  })

  it('§11.1: a proof is used once, at the token endpoint and at userinfo', async () => {
    const jti = 'once-and-no-more'
    const change = await withNonce({ jti })
    expect((await redeemWithProof(here, shop, await signIn(here, shop), own, change)).status).to.equal(200)
    const again = await redeemWithProof(here, shop, await signIn(here, shop), own, change)
    expect(again.json['error']).to.equal('invalid_dpop_proof')
    const token = await boundToken()
    const shown = await withNonce({ jti: 'shown' })
    expect((await userinfoWithProof(here, token, own, shown)).status).to.equal(200)
    expect((await userinfoWithProof(here, token, own, shown)).status).to.equal(401)
  })

  it('§11.1: of 20 presentations of one proof at once one succeeds', async () => {
    const token = await boundToken()
    const change = await withNonce({ jti: 'race' })
    const got = await Promise.all(Array.from({ length: 20 }, () => userinfoWithProof(here, token, own, change)))
    expect(got.filter(({ status }) => status === 200)).to.have.length(1)
  })

  it('§10: dpop_jkt binds the code: another key and no key are refused, and nothing is burnt', async () => {
    const signedIn = await signIn(here, shop, { with: { dpop_jkt: own.thumbprint } })
    const wrong = await redeemWithProof(here, shop, signedIn, other, await withNonce())
    expect(wrong.json['error']).to.equal('invalid_dpop_proof')
    const none = await redeem(here, shop, signedIn)
    expect([none.status, none.json['error']]).to.deep.equal([400, 'invalid_request'])
    expect((await redeemWithProof(here, shop, signedIn, own, await withNonce())).status).to.equal(200)
  })

  it('§10: a dpop_jkt that is no thumbprint is refused', async () => {
    const { members } = await requestOf(shop, { with: { dpop_jkt: 'short' } })
    expect((await pushWithProof(here, shop, members, own)).json['error']).to.equal('invalid_request')
  })

  it('§10.1: a proof at PAR binds the code; beside another dpop_jkt it is refused', async () => {
    const { members } = await requestOf(shop)
    const clash = await pushWithProof(here, shop, { ...members, dpop_jkt: other.thumbprint }, own)
    expect([clash.status, clash.json['error']]).to.deep.equal([400, 'invalid_dpop_proof'])
    const pushed = await pushWithProof(here, shop, { ...members, dpop_jkt: own.thumbprint }, own)
    expect(pushed.status, pushed.body).to.equal(201)
    expect((await pushWithProof(here, shop, members, own, { claims: { htm: 'GET' } })).json['error']).to.equal('invalid_dpop_proof')
  })

  it('§5.2: a client of dpop_bound_access_tokens gets no bearer token, and keeps its code', async () => {
    const signedIn = await signIn(here, bound)
    const bare = await redeem(here, bound, signedIn)
    expect([bare.status, bare.json['error']]).to.deep.equal([400, 'invalid_request'])
    expect((await redeemWithProof(here, bound, signedIn, own, await withNonce())).json['token_type']).to.equal('DPoP')
  })

  it('§7.1: with the key and ath the claims are released; the scheme counts in any case', async () => {
    const token = await boundToken()
    for (const scheme of ['DPoP', 'dpop']) {
      const got = await userinfoWithProof(here, token, own, await withNonce(), scheme)
      expect(got.status, got.body).to.equal(200)
      expect(got.headers['dpop-nonce']).to.be.a('string')
    }
  })

  it('§7.1: another key, another token’s ath, no ath and no proof are refused', async () => {
    const token = await boundToken()
    const { claims } = await withNonce()
    const refused = [
      await userinfoWithProof(here, token, other, { claims }),
      await userinfoWithProof(here, token, own, { claims: { ...claims, ath: athOf('another') } }),
      await userinfoWithProof(here, token, own, { claims: { ...claims, ath: undefined } }),
      await send(here.issuer, { path: USERINFO, headers: { authorization: `DPoP ${token}` } }),
    ]
    for (const { status, headers } of refused) {
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.match(/^DPoP realm="userinfo", algs="ES256 PS256 EdDSA RS256", error="/)
    }
  })

  it('§7.2: a bound token is never accepted as Bearer, nor a bearer token as DPoP (attack 13)', async () => {
    const token = await boundToken()
    expect((await userinfo(here, token)).status).to.equal(401)
    expect((await userinfoWithProof(here, token, own, await withNonce(), 'Bearer')).status).to.equal(401)
    const bearer = String((await redeem(here, shop, await signIn(here, shop))).json['access_token'])
    expect((await userinfoWithProof(here, bearer, own, await withNonce())).status).to.equal(401)
    expect((await userinfo(here, bearer)).status).to.equal(200)
  })

  it('§9: userinfo challenges too', async () => {
    const got = await userinfoWithProof(here, await boundToken(), own)
    expect([got.status, got.json['error']]).to.deep.equal([401, 'use_dpop_nonce'])
    expect(got.headers['dpop-nonce']).to.be.a('string')
    expect(got.headers['www-authenticate']).to.include('error="use_dpop_nonce"')
  })

  it('§5.1: metadata names the algorithms', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
    expect(JSON.parse(body)).to.deep.include({ dpop_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'RS256'] })
  })

  it('rule 31: a whole replay with the key is recorded and kills the token; one with another key does not', async () => {
    const signedIn = await signIn(here, shop, { with: { dpop_jkt: own.thumbprint } })
    const got = await redeemWithProof(here, shop, signedIn, own, await withNonce())
    const token = String(got.json['access_token'])
    await redeemWithProof(here, shop, signedIn, other, await withNonce())
    expect((await userinfoWithProof(here, token, own, await withNonce())).status).to.equal(200)
    await redeemWithProof(here, shop, signedIn, own, await withNonce())
    expect(types(signedIn)).to.include('CodeReplayed')
    expect((await userinfoWithProof(here, token, own, await withNonce())).status).to.equal(401)
  })

  it('§11.1, rule 32: a used proof stays used when the broker starts anew', async () => {
    const data = mkdtempSync(join(tmpdir(), 'esignet-dpop-'))
    const present = async (registers: boolean): Promise<readonly unknown[]> => {
      const broker = await brokerHere({ data })
      try {
        if (registers) await register(broker, shop)
        const nonce = await freshNonce(broker, own)
        const got = await redeemWithProof(broker, shop, await signIn(broker, shop), own, { claims: { nonce, jti: 'kept' } })
        return [got.status, got.json['error']]
      } finally {
        await broker.end()
      }
    }
    try {
      expect(await present(true)).to.deep.equal([200, undefined])
      expect(await present(false)).to.deep.equal([400, 'invalid_dpop_proof'])
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
})
