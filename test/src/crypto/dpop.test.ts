import { expect } from 'chai'
import fc from 'fast-check'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { before, describe, it } from 'mocha'
import { dpopNonces } from '../../../src/crypto/dpop-nonce.ts'
import { verifyProof, type ProofRules } from '../../../src/crypto/dpop.ts'
import { athOf, dpopKey, proofOf, type DpopKey } from '../../support/dpop.ts'

const URL_ = 'https://id.example/v1/esignet/oauth/v2/token'
const AT = '2026-11-24T12:00:00.500Z'
const NOW = Date.parse('2026-11-24T12:00:00.000Z') / 1000

const rules = (more: Partial<ProofRules> = {}): ProofRules => ({
  method: 'POST',
  url: URL_,
  at: AT,
  epoch: '2026-11-01T00:00:00.000Z',
  nonce: { demanded: false, accepted: ['now', 'before'] },
  ...more,
})

const good = { htm: 'POST', htu: URL_, iat: NOW }

const outcome = (proof: string, by: ProofRules = rules()): string => {
  const verified = verifyProof(proof, by)
  return verified.ok ? 'ok' : verified.fault
}

describe('DPoP proofs: RFC 9449 §4.3, with jose as the one who makes them', () => {
  let own: DpopKey
  let rsa: DpopKey

  before(async () => {
    own = await dpopKey()
    rsa = await dpopKey('RS256')
  })

  const of = async (claims: object, header: object = {}, key = own.privateKey): Promise<string> =>
    outcome(await proofOf(own, { ...good, ...claims }, { header: { ...header }, key }))

  it('each algorithm, and the thumbprint of RFC 7638 is that of jose', async () => {
    for (const alg of ['ES256', 'PS256', 'EdDSA', 'RS256']) {
      const made = await dpopKey(alg)
      const verified = verifyProof(await proofOf(made, good), rules())
      expect(verified.ok && verified.proof.key, alg).to.equal(await calculateJwkThumbprint(made.jwk))
      expect(verified.ok && verified.proof.alg).to.equal(alg)
    }
  })

  it('§4.3-1: several headers reach us joined, and are none', async () => {
    const proof = await proofOf(own, good)
    for (const joined of [`${proof}, ${proof}`, `${proof},${proof}`, '', ' ']) expect(outcome(joined)).to.equal('malformed')
  })

  it('§4.3-2: one well-formed JWT, not endless, whatever it is', async () => {
    const proof = await proofOf(own, good)
    for (const text of [`${proof}.`, proof.replace('.', '..'), proof.slice(0, -1) + '!', 'a.b.c', 'x'.repeat(10_000)])
      expect(outcome(text)).to.equal('malformed')
    fc.assert(fc.property(fc.string(), (text) => !verifyProof(text, rules()).ok))
  })

  it('§4.3-3: jti, htm, htu and iat are there, and of their type', async () => {
    expect(await of({ jti: undefined })).to.equal('jti')
    for (const jti of ['', 7, null, ['x'], 'x'.repeat(257)]) expect(await of({ jti })).to.equal('jti')
    expect(await of({ htm: undefined })).to.equal('method')
    expect(await of({ htu: undefined })).to.equal('url')
    expect(await of({ iat: undefined })).to.equal('time')
    expect(await of({ iat: NOW + 0.5 })).to.equal('time')
  })

  it('§4.3-4: typ is dpop+jwt', async () => {
    for (const typ of [undefined, 'JWT', 'at+jwt', 'client-authentication+jwt']) expect(await of({}, { typ })).to.equal('type')
  })

  it('§4.3-5, §11.7: an asymmetric algorithm of the list, which the key is for', async () => {
    const [, payload] = (await proofOf(own, good)).split('.')
    for (const alg of ['none', 'HS256', 'ES384', 'es256', 7]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'dpop+jwt', jwk: own.jwk })).toString('base64url')
      expect(outcome(`${header}.${payload ?? ''}.AAAA`)).to.equal('algorithm')
    }
    expect(await of({}, { jwk: rsa.jwk })).to.equal('algorithm')
  })

  it('§4.3-6: the signature is that of the key in it', async () => {
    const other = await dpopKey()
    expect(await of({}, {}, other.privateKey)).to.equal('signature')
    const [header, , signature] = (await proofOf(own, good)).split('.')
    const changed = Buffer.from(JSON.stringify({ ...good, jti: 'other' })).toString('base64url')
    expect(outcome(`${header ?? ''}.${changed}.${signature ?? ''}`)).to.equal('signature')
  })

  it('§4.3-7: no private member, no secret key, no second spelling of a key, no key elsewhere', async () => {
    const secret = await exportJWK(own.privateKey)
    const { jwk } = own
    const bad = [undefined, null, 'x', [], secret, { ...jwk, k: 'x' }, { kty: 'oct', k: 'c2VjcmV0' }, { ...jwk, x: `${jwk.x ?? ''}=` }]
    for (const one of bad) expect(await of({}, { jwk: one })).to.equal('key')
    for (const name of ['jku', 'x5u', 'x5c', 'zip']) expect(await of({}, { [name]: 'https://evil.example' })).to.equal('header')
  })

  it('§4.3-8: htm is the method', async () => {
    for (const htm of ['GET', 'post', '', null]) expect(await of({ htm })).to.equal('method')
  })

  it('§4.3-9: htu is the URL without query and fragment, in any spelling of one URL', async () => {
    const same = [`${URL_}?a=b`, `${URL_}#x`, URL_.replace('https://id', 'HTTPS://ID'), URL_.replace('.example', '.example:443')]
    for (const htu of same) expect(await of({ htu }), htu).to.equal('ok')
    const others = [
      `${URL_}/`,
      URL_.replace('https', 'http'),
      URL_.replace('id.', 'evil.'),
      URL_.replace('//', '//me@'),
      '/token',
      7,
      'x'.repeat(3000),
    ]
    for (const htu of others) expect(await of({ htu })).to.equal('url')
  })

  it('§4.3-10: a nonce that is demanded, and no other', async () => {
    const demanding = rules({ nonce: { demanded: true, accepted: ['now', 'before'] } })
    expect(outcome(await proofOf(own, good), demanding)).to.equal('nonce')
    for (const nonce of ['old', '', 7, null]) expect(await of({ nonce })).to.equal('nonce')
    for (const nonce of ['now', 'before']) expect(outcome(await proofOf(own, { ...good, nonce }), demanding)).to.equal('ok')
  })

  it('§4.3-11, FAPI 2.0 §5.3.2.1-13: 60 s old and 10 s ahead, and no more; nothing from before the memory', async () => {
    for (const by of [10, -60]) expect(await of({ iat: NOW + by }), String(by)).to.equal('ok')
    for (const by of [11, 61, -61]) expect(await of({ iat: NOW + by }), String(by)).to.equal('time')
    expect(await of({ exp: NOW })).to.equal('time')
    expect(await of({ nbf: NOW + 11 })).to.equal('time')
    expect(outcome(await proofOf(own, { ...good, iat: NOW - 5 }), rules({ epoch: AT }))).to.equal('before_memory')
  })

  it('§4.3-12: beside a token, ath is its hash', async () => {
    const by = rules({ accessToken: 'the-token' })
    expect(outcome(await proofOf(own, { ...good, ath: athOf('the-token') }), by)).to.equal('ok')
    for (const ath of [undefined, athOf('another'), 'the-token', 7])
      expect(outcome(await proofOf(own, { ...good, ath }), by)).to.equal('token')
  })

  it('§11.2: a nonce lives two steps, is the same on every node, and nobody without the key can make it', () => {
    const key = new Uint8Array(32).fill(1)
    const [first] = dpopNonces(key, '2026-11-24T12:00:00.000Z')
    expect(dpopNonces(key, '2026-11-24T12:00:29.999Z')[0]).to.equal(first)
    expect(dpopNonces(key, '2026-11-24T12:00:59.999Z')).to.include(first).and.to.have.length(2)
    expect(dpopNonces(key, '2026-11-24T12:01:00.000Z')).not.to.include(first)
    expect(dpopNonces(new Uint8Array(32), '2026-11-24T12:00:00.000Z')).not.to.include(first)
  })
})
