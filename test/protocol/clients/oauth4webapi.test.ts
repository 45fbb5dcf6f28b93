import { expect } from 'chai'
import { compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oauth from 'oauth4webapi'
import { brokerHere, type BrokerHere } from '../../support/broker-here.ts'
import { accept, callbackOf, newParty, proveByPin, register, type Alg, type Party } from '../../support/rp.ts'
import { scriptedBrowser } from '../../support/scripted-browser.ts'

// Plain http on loopback; the library marks this so that it stands out.
// eslint-disable-next-line @typescript-eslint/no-deprecated
const insecure = { [oauth.allowInsecureRequests]: true }

const CLAIMS = JSON.stringify({ userinfo: { name: { essential: true } } })

type Way = {
  readonly via: 'direct' | 'par'
  readonly dpop: boolean
  readonly claims?: string
  readonly tick?: readonly string[]
  /** Opens encrypted userinfo. */
  readonly decrypt?: oauth.JweDecryptFunction
}

describe('oauth4webapi signs a person in', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let server: oauth.AuthorizationServer

  before(async () => {
    here = await brokerHere()
    const issuer = new URL(here.issuer)
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oidc' }))
  })

  after(() => here.end())

  it('reads the same metadata by RFC 8414', async () => {
    const issuer = new URL(here.issuer)
    const read = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }))
    expect(read).to.deep.equal(server)
  })

  /** The whole of a login as the library's own examples do it, with each answer checked by it. */
  const login = async (party: Party, { via, dpop, claims: wanted = CLAIMS, tick = [], decrypt }: Way) => {
    const opening = decrypt === undefined ? {} : { [oauth.jweDecrypt]: decrypt }
    const { alg } = party
    const client: oauth.Client = { client_id: party.id, id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg }
    const authentication = oauth.PrivateKeyJwt({ key: party.key, kid: party.kid })
    const pair = await oauth.generateKeyPair('ES256')
    const handle = dpop ? { DPoP: oauth.DPoP(client, pair) } : {}
    /** The first proof is challenged for a nonce (RFC 9449 §8), which the handle then knows. */
    const challenged = async <T>(send: () => Promise<T>): Promise<T> => {
      try {
        return await send()
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error
        return await send()
      }
    }
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const nonce = oauth.generateRandomNonce()
    const asked = {
      client_id: party.id,
      redirect_uri: party.redirectUri,
      response_type: 'code',
      scope: 'openid',
      claims: wanted,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const to = new URL(server.authorization_endpoint ?? '')
    if (via === 'par') {
      const pushed = await challenged(async () => {
        const reply = await oauth.pushedAuthorizationRequest(server, client, authentication, asked, { ...handle, ...insecure })
        return oauth.processPushedAuthorizationResponse(server, client, reply)
      })
      to.search = new URLSearchParams({ client_id: party.id, request_uri: pushed.request_uri }).toString()
    } else to.search = new URLSearchParams(asked).toString()

    const browser = scriptedBrowser(here.issuer)
    const page = await browser.get(to, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })
    const back = callbackOf(await accept(browser, await proveByPin({ browser, page }), tick))

    const answer = oauth.validateAuthResponse(server, client, back, state)
    const tokens = await challenged(async () => {
      const options = { ...handle, ...insecure }
      const reply = await oauth.authorizationCodeGrantRequest(server, client, authentication, answer, party.redirectUri, verifier, options)
      return oauth.processAuthorizationCodeResponse(server, client, reply, { expectedNonce: nonce, requireIdToken: true })
    })
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    const person = await challenged(async () => {
      const reply = await oauth.userInfoRequest(server, client, tokens.access_token, { ...handle, ...insecure })
      return { info: await oauth.processUserInfoResponse(server, client, claims?.sub ?? '', reply, opening), reply }
    })
    await oauth.validateApplicationLevelSignature(server, person.reply, insecure)
    return { tokens, claims, person: person.info, pair, client }
  }

  const ways: readonly (readonly [Way, what: string, Readonly<Record<string, unknown>>])[] = [
    [{ via: 'direct', dpop: false }, 'plain, in the compatible profile', {}],
    [{ via: 'par', dpop: false }, 'by a pushed request (RFC 9126), in the compatible profile', {}],
    [{ via: 'direct', dpop: true }, 'with DPoP (RFC 9449), in the compatible profile', {}],
    [{ via: 'par', dpop: true }, 'by PAR, PKCE and DPoP, in the profile fapi2', { profile: 'fapi2' }],
  ]
  for (const [number, [way, what, more]] of ways.entries())
    for (const alg of ['ES256', 'PS256', 'EdDSA'] satisfies Alg[])
      it(`${what}, by ${alg}`, async () => {
        const algorithms = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg }
        const party = await register(here, await newParty(`webapi-${number}-${alg.toLowerCase()}`, alg, { ...algorithms, ...more }))
        const { tokens, claims, person } = await login(party, way)
        expect(tokens.token_type).to.equal(way.dpop ? 'dpop' : 'bearer')
        expect(claims).to.include({ iss: here.issuer, aud: party.id })
        expect(person).to.include({ sub: claims?.sub, name: 'Maya Rahimi' })
      })

  for (const alg of ['RSA-OAEP-256', 'ECDH-ES'])
    it(`with userinfo encrypted by ${alg} (OpenID Connect Core §5.3.2), in the profile fapi2`, async () => {
      const pair = await generateKeyPair(alg, { extractable: true })
      const party = await newParty(`webapi-jwe-${alg.toLowerCase()}`)
      const { keys } = party.registration['jwks'] as { readonly keys: readonly JWK[] }
      const encryption = { ...(await exportJWK(pair.publicKey)), kid: 'enc', use: 'enc' }
      const registration = {
        ...party.registration,
        profile: 'fapi2',
        jwks: { keys: [...keys, encryption] },
        userinfo_encrypted_response_alg: alg,
      }
      await register(here, { ...party, registration })
      const decrypt = async (jwe: string): Promise<string> =>
        new TextDecoder().decode((await compactDecrypt(jwe, pair.privateKey, { keyManagementAlgorithms: [alg] })).plaintext)
      const { person, claims } = await login(party, { via: 'par', dpop: true, decrypt })
      expect(person).to.include({ sub: claims?.sub, name: 'Maya Rahimi' })
    })

  for (const profile of ['compatible', 'fapi2'])
    it(`with verified claims in the ID token and in userinfo (Identity Assurance 1.0), in the profile ${profile}`, async () => {
      const wish = { verified_claims: { verification: { trust_framework: { value: 'almaria_civil_register' } }, claims: { name: null } } }
      const party = await register(here, await newParty(`webapi-ekyc-${profile}`, 'ES256', { profile }))
      const way = { via: 'par', dpop: profile === 'fapi2', claims: JSON.stringify({ userinfo: wish, id_token: wish }) } as const
      const { claims, person } = await login(party, { ...way, tick: ['verified_claims.name'] })
      const told = { verification: { trust_framework: 'almaria_civil_register' }, claims: { name: 'Maya Rahimi' } }
      expect([claims?.['verified_claims'], person['verified_claims']]).to.deep.equal([told, told])
    })

  it('as a resource server it accepts the access token, and its proof (RFC 9068 §4, RFC 9449 §7)', async () => {
    const party = await register(here, await newParty('webapi-resource', 'ES256', { profile: 'fapi2' }))
    const { tokens, client, pair } = await login(party, { via: 'par', dpop: true })
    const userinfo = new URL(server.userinfo_endpoint ?? '')
    let seen: Request | undefined
    await oauth.protectedResourceRequest(tokens.access_token, 'GET', userinfo, undefined, undefined, {
      ...insecure,
      DPoP: oauth.DPoP(client, pair),
      [oauth.customFetch]: (url, init) => {
        const { method, headers } = init
        seen = new Request(url, { method, headers })
        return Promise.resolve(new Response())
      },
    })
    if (seen === undefined) throw new Error('nothing was sent')
    const claims = await oauth.validateJwtAccessToken(server, seen, here.issuer, { ...insecure, requireDPoP: true })
    expect(claims).to.include({ client_id: party.id, scope: 'openid' })
  })
})
