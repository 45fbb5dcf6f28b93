// The attacker has stolen a code, a token or a proof, and has not the key that it is bound to; the checks of `src/crypto/dpop.ts`, the memory of used proofs (`src/http/guards/dpop.ts`) and the bound key (`domain/transaction/grant.ts`) stop it.
import { expect } from 'chai'
import { before, describe, it } from 'mocha'
import { exportJWK } from 'jose'
import { randomUUID } from 'node:crypto'
import { ASSERTION_TYPE, attacked, post, secondsOf, signedAssertion } from '../../support/attacked.ts'
import { athOf, dpopKey, freshNonce, proofOf, pushWithProof, redeemWithProof, userinfoWithProof, type DpopKey } from '../../support/dpop.ts'
import {
  accept,
  callbackOf,
  FORM,
  form,
  newParty,
  PAR,
  proveByPin,
  register,
  requestOf,
  TOKEN,
  TX,
  userinfo,
  USERINFO,
  type Party,
} from '../../support/rp.ts'
import { scriptedBrowser, send } from '../../support/scripted-browser.ts'

describe('attack 13: proofs that are replayed, swapped, or of another key (RFC 9449)', () => {
  const { here } = attacked([])
  let party: Party
  let own: DpopKey
  let thief: DpopKey
  before(async () => {
    party = await register(here(), await newParty('bank', 'ES256', { profile: 'fapi2' }))
    own = await dpopKey()
    thief = await dpopKey()
  })

  /** A login whose request was pushed with a proof of this key: its code is bound to it (§10.1). */
  const code = async (key = own) => {
    const { members, verifier } = await requestOf(party)
    const { status, json } = await pushWithProof(here(), party, members, key)
    expect(status, JSON.stringify(json)).to.equal(201)
    const browser = scriptedBrowser(here().issuer)
    const page = await browser.get(`/authorize?${form({ client_id: party.id, request_uri: String(json['request_uri']) })}`)
    const back = callbackOf(await accept(browser, await proveByPin({ browser, page })))
    return { code: back.searchParams.get('code') ?? '', verifier, transaction: TX.exec(page.url.pathname)?.[0] ?? '' }
  }
  const token = async (): Promise<string> => {
    const nonce = await freshNonce(here(), own)
    const { status, json } = await redeemWithProof(here(), party, await code(), own, { claims: { nonce } })
    expect(status, JSON.stringify(json)).to.equal(200)
    return String(json['access_token'])
  }
  const refused = ({ status, json }: { readonly status: number; readonly json: Readonly<Record<string, unknown>> }): readonly unknown[] => [
    status,
    json['error'],
  ]
  const NO = [400, 'invalid_dpop_proof']

  it('the key is not swapped between the push and the token, and nothing is burnt', async () => {
    const signedIn = await code()
    const nonce = await freshNonce(here(), own)
    expect(refused(await redeemWithProof(here(), party, signedIn, thief, { claims: { nonce } }))).to.deep.equal(NO)
    expect((await redeemWithProof(here(), party, signedIn, own, { claims: { nonce } })).status).to.equal(200)
  })

  it('a proof is used once, at each endpoint', async () => {
    const { members } = await requestOf(party)
    const jti = randomUUID()
    expect((await pushWithProof(here(), party, members, own, { claims: { jti } })).status).to.equal(201)
    expect(refused(await pushWithProof(here(), party, members, own, { claims: { jti } }))).to.deep.equal(NO)
    const [bound, nonce] = [await token(), await freshNonce(here(), own)]
    const iat = Math.floor(Date.parse(here().clock.now()) / 1000)
    const proof = await proofOf(own, { htm: 'GET', htu: `${here().issuer}${USERINFO}`, iat, nonce, ath: athOf(bound) })
    const show = () => send(here().issuer, { path: USERINFO, headers: { authorization: `DPoP ${bound}`, dpop: proof } })
    expect((await show()).status).to.equal(200)
    expect((await show()).status).to.equal(401)
  })

  it('beside an assertion that was used, or a request that is refused, a proof is not used up', async () => {
    const { members } = await requestOf(party)
    const [jti, used] = [randomUUID(), await signedAssertion(here(), party)]
    const push = async (assertion: string, more: Readonly<Record<string, string>> = {}) => {
      const iat = secondsOf(here())
      const dpop = await proofOf(own, { htm: 'POST', htu: `${here().issuer}${PAR}`, iat, jti })
      const body = { ...members, client_assertion: assertion, client_assertion_type: ASSERTION_TYPE, ...more }
      return post(here(), PAR, body, { ...FORM, dpop })
    }
    expect(refused(await push(used, { request_uri: 'urn:example:another' }))).to.deep.equal([400, 'invalid_request'])
    expect(refused(await push(used))).to.deep.equal([401, 'invalid_client'])
    const first = await push(await signedAssertion(here(), party))
    expect(first.status, JSON.stringify(first.json)).to.equal(201)
    expect(refused(await push(await signedAssertion(here(), party)))).to.deep.equal(NO)
  })

  it('htm and htu are not swapped: a proof for one door opens no other', async () => {
    const signedIn = await code()
    const nonce = await freshNonce(here(), own)
    const { issuer } = here()
    for (const claims of [
      { htm: 'GET' },
      { htu: `${issuer}${USERINFO}` },
      { htu: `https://evil.example${TOKEN}` },
      { htm: 'post' },
      { htu: undefined },
    ])
      expect(
        refused(await redeemWithProof(here(), party, signedIn, own, { claims: { nonce, ...claims } })),
        JSON.stringify(claims),
      ).to.deep.equal(NO)
    const bound = await token()
    for (const claims of [{ htm: 'POST' }, { htu: `${issuer}${TOKEN}` }, { ath: undefined }, { ath: athOf('another') }])
      expect((await userinfoWithProof(here(), bound, own, { claims: { nonce, ...claims } })).status, JSON.stringify(claims)).to.equal(401)
  })

  it('a private key in the header, a symmetric one, none, and one that did not sign', async () => {
    const { members } = await requestOf(party)
    const secret = await exportJWK(own.privateKey)
    const headers = [
      { jwk: secret },
      { jwk: { kty: 'oct', k: 'AAAA' } },
      { jwk: undefined },
      { jwk: thief.jwk },
      { typ: 'JWT' },
      { typ: undefined },
    ]
    for (const header of [...headers, { jku: 'https://evil.example/' }, { x5c: ['AA'] }])
      expect(refused(await pushWithProof(here(), party, members, own, { header })), JSON.stringify(header).slice(0, 60)).to.deep.equal(NO)
    expect(here().log()).not.to.include(String(secret.d))
  })

  it('a nonce that is old, made up or another’s is challenged again and spends nothing', async () => {
    const signedIn = await code()
    const old = await freshNonce(here(), own)
    here().clock.pass(59)
    for (const nonce of [old, 'made-up', '', undefined])
      expect(refused(await redeemWithProof(here(), party, signedIn, own, { claims: { nonce } })), String(nonce)).to.be.deep.oneOf([
        [400, 'use_dpop_nonce'],
        NO,
      ])
    const nonce = await freshNonce(here(), own)
    const late = await redeemWithProof(here(), party, await code(), own, { claims: { nonce } })
    expect(late.status).to.equal(200)
  })

  it('a bound token is not taken as Bearer, nor with a proof of another key, nor without one', async () => {
    const bound = await token()
    const nonce = await freshNonce(here(), own)
    const plain = await userinfo(here(), bound)
    expect(plain.status).to.equal(401)
    expect(plain.body).not.to.include('birthdate')
    expect((await userinfoWithProof(here(), bound, thief, { claims: { nonce } })).status).to.equal(401)
    expect((await userinfoWithProof(here(), bound, own, { claims: { nonce } }, 'Bearer')).status).to.equal(401)
    expect((await send(here().issuer, { path: USERINFO, headers: { authorization: `DPoP ${bound}` } })).status).to.equal(401)
    expect((await userinfoWithProof(here(), bound, own, { claims: { nonce } })).status).to.equal(200)
  })

  it('a code of this client is not had without any proof', async () => {
    const signedIn = await code()
    const got = await send(here().issuer, {
      method: 'POST',
      path: TOKEN,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form({
        grant_type: 'authorization_code',
        code: signedIn.code,
        redirect_uri: party.redirectUri,
        code_verifier: signedIn.verifier,
      }),
    })
    expect(got.status).to.equal(401)
  })
})
