import { expect } from 'chai'
import {
  compactDecrypt,
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  type CryptoKey,
  type JWK,
} from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { dpopKey, freshNonce, redeemWithProof, userinfoWithProof } from '../support/dpop.ts'
import { accept, callbackOf, configure, newParty, proveByPin, redeem, register, signIn, userinfo, type Party } from '../support/rp.ts'
import { keyHost, type KeyHost } from '../support/key-host.ts'
import { scriptedBrowser } from '../support/scripted-browser.ts'

const ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A256KW'] as const
const PROFILES = ['fapi2', 'compatible'] as const
const MAYA = { birthdate: '1987-11-25', name: 'Maya Rahimi' }

type Receiving = Party & { readonly decryption: CryptoKey; readonly encryptionKid: string }

describe('userinfo as a nested JWT (OpenID Connect Core §5.3.2, RFC 7519 §5.2 and §11.2)', function () {
  this.timeout(60_000)
  let here: BrokerHere

  before(async () => {
    here = await brokerHere()
  })

  after(() => here.end())

  const receiving = async (name: string, alg: string, more: Readonly<Record<string, unknown>>): Promise<Receiving> => {
    const party = await newParty(name)
    const pair = await generateKeyPair(alg, { extractable: true })
    const encryptionKid = `${name}-enc`
    const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: encryptionKid, use: 'enc' }
    const { keys } = party.registration['jwks'] as { readonly keys: readonly JWK[] }
    const registration = { ...party.registration, jwks: { keys: [...keys, jwk] }, userinfo_encrypted_response_alg: alg, ...more }
    return { ...(await register(here, { ...party, registration })), decryption: pair.privateKey, encryptionKid }
  }

  /** A whole login as `openid-client` does it: pushed and bound to a key where the profile demands it. */
  const loggedIn = async (party: Party, config: oidc.Configuration, fapi2: boolean) => {
    const options = fapi2 ? { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256')) } : {}
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()]
    const members = {
      redirect_uri: party.redirectUri,
      scope: 'openid profile',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...{ state, nonce },
    }
    const to = fapi2 ? await oidc.buildAuthorizationUrlWithPAR(config, members, options) : oidc.buildAuthorizationUrl(config, members)
    const browser = scriptedBrowser(here.issuer)
    const page = await browser.get(to, { 'sec-fetch-site': 'cross-site' })
    const back = callbackOf(await accept(browser, await proveByPin({ browser, page }), ['name', 'birthdate']))
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const tokens = await oidc.authorizationCodeGrant(config, back, checks, {}, options)
    return { tokens, options }
  }

  for (const profile of PROFILES)
    for (const alg of ALGORITHMS)
      it(`${alg}: openid-client in profile ${profile} decrypts it and verifies what is inside`, async () => {
        const party = await receiving(`${profile}-${alg.toLowerCase().replaceAll('+', '-')}`, alg, { profile })
        const config = await configure(here, party)
        oidc.enableDecryptingResponses(config, ['A256GCM'], { key: party.decryption, alg, kid: party.encryptionKid })
        const { tokens, options } = await loggedIn(party, config, profile === 'fapi2')
        const sub = tokens.claims()?.sub ?? ''
        const info = await oidc.fetchUserInfo(config, tokens.access_token, sub, options)
        expect(info).to.include({ ...MAYA, sub })
        const keys = createRemoteJWKSet(new URL(`${here.issuer}/.well-known/jwks.json`))
        const inner = oidc.getDecryptedResponses(info) ?? ''
        const { protectedHeader } = await jwtVerify(inner, keys, { issuer: here.issuer, audience: party.id })
        expect(protectedHeader).to.include({ alg: 'ES256', typ: 'JWT' })
      })

  it('its header says what is inside (RFC 7516 §4.1), by whose key, and nothing about the person; no two answers are alike', async () => {
    const party = await receiving('header', 'ECDH-ES', { userinfo_signed_response_alg: 'PS256' })
    const { json } = await redeem(here, party, await signIn(here, party))
    const answers = [await userinfo(here, String(json['access_token'])), await userinfo(here, String(json['access_token']))]
    for (const { status, headers, body } of answers) {
      expect(status).to.equal(200)
      expect(headers['content-type']).to.equal('application/jwt')
      const { epk, ...header } = decodeProtectedHeader(body) as { readonly epk?: JWK }
      expect(header).to.deep.equal({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'JWT', cty: 'JWT', kid: 'header-enc' })
      expect(epk).to.have.all.keys('kty', 'crv', 'x', 'y')
      const { plaintext } = await compactDecrypt(body, party.decryption)
      expect(decodeProtectedHeader(new TextDecoder().decode(plaintext))).to.include({ alg: 'PS256', typ: 'JWT' })
    }
    expect(answers[0]?.body).not.to.equal(answers[1]?.body)
  })

  it('a relying party that asks for nothing gets it signed alone, by the algorithm of its registration', async () => {
    const own = await dpopKey()
    const party = await register(here, await newParty('plain', 'ES256', { profile: 'fapi2', userinfo_signed_response_alg: 'PS256' }))
    const nonce = { claims: { nonce: await freshNonce(here, own) } }
    const { json } = await redeemWithProof(here, party, await signIn(here, party, { via: 'par' }), own, nonce)
    const { body } = await userinfoWithProof(here, String(json['access_token']), own, nonce)
    expect(decodeProtectedHeader(body)).to.have.all.keys('alg', 'typ', 'kid').and.include({ alg: 'PS256' })
  })
})

describe('userinfo encrypted to a key that the relying party publishes (jwks_uri)', () => {
  let host: KeyHost
  let here: BrokerHere
  before(async () => {
    host = await keyHost()
    here = await brokerHere({ network: host.network() })
  })
  after(async () => {
    await here.end()
    await host.close()
  })

  it('the key that is published now is the one; without any nothing is released', async () => {
    const party = await newParty('shop')
    const { jwks, ...others } = party.registration
    const { keys } = jwks as { readonly keys: readonly JWK[] }
    const registration = { ...others, jwks_uri: host.uri, userinfo_encrypted_response_alg: 'ECDH-ES' }
    await register(here, { ...party, registration })
    host.publish(keys)
    const signedIn = await signIn(here, party)
    const token = String((await redeem(here, party, signedIn)).json['access_token'])
    expect((await userinfo(here, token)).status, 'no key to encrypt to').to.be.within(400, 503)
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { extractable: true })
    host.publish([...keys, { ...(await exportJWK(publicKey)), kid: 'enc', use: 'enc' }])
    here.clock.pass(60)
    const got = await userinfo(here, token)
    expect(got.status).to.equal(200)
    const { protectedHeader } = await compactDecrypt(got.body, privateKey)
    expect(protectedHeader.kid).to.equal('enc')
  })
})
