import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { textOf } from '../../src/text-of.ts'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { callWithProof, dpopKey, freshNonce, redeemWithProof, userinfoWithProof, type DpopKey } from '../support/dpop.ts'
import {
  accept,
  assertionOf,
  begin,
  call,
  callbackOf,
  configure,
  form,
  FORM,
  grantOf,
  newParty,
  PAR,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  TOKEN,
  USERINFO,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, send } from '../support/scripted-browser.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

describe('FAPI 2.0 Security Profile: a client of profile fapi2', () => {
  let here: BrokerHere
  let bank: Party
  let own: DpopKey

  before(async () => {
    here = await brokerHere()
    bank = await register(here, await newParty('bank', 'PS256', { profile: 'fapi2' }))
    own = await dpopKey()
  })

  after(() => here.end())

  const nonce = async () => ({ claims: { nonce: await freshNonce(here, own) } })
  const pushed = async (change: Readonly<Record<string, string | undefined>>) =>
    call(here, bank, PAR, (await requestOf(bank, { with: change })).members)
  const signedIn = () => signIn(here, bank, { via: 'par' })
  const authenticated = async (claims: Readonly<Record<string, unknown>>, party = bank) => {
    const client_assertion = await assertionOf(here, party, claims)
    const { members } = await requestOf(party)
    const body = form({ ...members, client_assertion, client_assertion_type: TYPE })
    return send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body })
  }

  it('a whole login by openid-client: PAR, PKCE, DPoP with its nonces, signed userinfo', async () => {
    for (const alg of ['ES256', 'PS256', 'Ed25519']) {
      const configuration = await configure(here, bank)
      const DPoP = oidc.getDPoPHandle(configuration, await oidc.randomDPoPKeyPair(alg))
      const verifier = oidc.randomPKCECodeVerifier()
      const state = oidc.randomState()
      const expectedNonce = oidc.randomNonce()
      const to = await oidc.buildAuthorizationUrlWithPAR(
        configuration,
        {
          redirect_uri: bank.redirectUri,
          scope: 'openid profile',
          state,
          nonce: expectedNonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        },
        { DPoP },
      )
      const browser = scriptedBrowser(here.issuer)
      const page = await browser.get(to, { 'sec-fetch-site': 'cross-site' })
      const back = callbackOf(await accept(browser, await proveByPin({ browser, page })))
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce }
      const tokens = await oidc.authorizationCodeGrant(configuration, back, checks, undefined, { DPoP })
      expect(tokens.token_type).to.equal('dpop')
      const person = await oidc.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? '', { DPoP })
      expect(person.sub).to.equal(tokens.claims()?.sub)
    }
  })

  it('5.3.2.1-1: metadata of OpenID Connect and RFC 8414 are one', async () => {
    const [one, two] = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map((name) => send(here.issuer, { path: `/.well-known/${name}` })),
    )
    expect(one?.body).to.equal(two?.body)
  })

  it('5.3.2.1-2: no password grant, nor any but the code', async () => {
    for (const grant_type of ['password', 'client_credentials', 'refresh_token', 'implicit'])
      expect((await redeem(here, bank, { code: 'x', verifier: 'v'.repeat(43) }, { grant_type })).json['error']).to.equal(
        'unsupported_grant_type',
      )
  })

  it('5.3.2.1-3 and 6: confidential clients by private_key_jwt only', async () => {
    const { members } = await requestOf(bank)
    const bare = await send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body: form(members) })
    const secret = await send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body: form({ ...members, client_secret: 'x' }) })
    for (const { status, body } of [bare, secret]) expect([status, body.includes('invalid_client')]).to.deep.equal([401, true])
  })

  it('5.3.2.1-4 and 5: only sender-constrained access tokens', async () => {
    const begun = await signedIn()
    expect((await redeem(here, bank, begun)).status).to.equal(400)
    const got = await redeemWithProof(here, bank, begun, own, await nonce())
    expect(got.json['token_type']).to.equal('DPoP')
  })

  it('5.3.2.1-8: the audience of an assertion is the issuer as one string (attack 6)', async () => {
    const { issuer } = here
    expect((await authenticated({ aud: issuer })).status).to.equal(201)
    for (const aud of [[issuer], [issuer, 'x'], `${issuer}/`, `${issuer}${TOKEN}`, `${issuer}${PAR}`, undefined])
      expect((await authenticated({ aud })).status, JSON.stringify(aud)).to.equal(401)
  })

  it('5.3.2.1-11: a code lives at most 60 s', async () => {
    const begun = await signedIn()
    const events = await here.broker.world.journal.read(`authorization-${begun.transaction}`)
    const issued = events.find(({ type }) => type === 'CodeIssued')
    expect(Date.parse(textOf(issued?.data['expiresAt'])) - Date.parse(textOf(issued?.at))).to.be.at.most(60_000)
  })

  it('5.3.2.1-12: the code is bound to the key of the push', async () => {
    const { members } = await requestOf(bank)
    const got = await callWithProof(here, bank, PAR, members, own)
    expect(got.status, got.body).to.equal(201)
    const other = await dpopKey()
    const begun = await signIn(here, bank, { via: 'par', with: { dpop_jkt: own.thumbprint } })
    expect((await redeemWithProof(here, bank, begun, other, await nonce())).json['error']).to.equal('invalid_dpop_proof')
    expect((await redeemWithProof(here, bank, begun, own, await nonce())).status).to.equal(200)
  })

  it('5.3.2.1-13: iat and nbf 10 s ahead are accepted, over 60 s refused; assertion and DPoP', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const claim of ['iat', 'nbf']) {
      expect((await authenticated({ [claim]: now + 10, exp: now + 100 })).status).to.equal(201)
      expect((await authenticated({ [claim]: now + 65, exp: now + 100 })).status).to.equal(401)
    }
    const { members } = await requestOf(bank)
    expect((await callWithProof(here, bank, PAR, members, own, { claims: { iat: now + 10 } })).status).to.equal(201)
    expect((await callWithProof(here, bank, PAR, members, own, { claims: { iat: now + 65 } })).status).to.equal(400)
  })

  it('5.3.2.2-1: response_type is code', async () => {
    for (const response_type of ['token', 'id_token', 'code id_token', undefined])
      expect((await pushed({ response_type })).status).to.equal(400)
  })

  it('5.3.2.2-2 to 4: a direct authorization request is refused', async () => {
    const { members } = await requestOf(bank)
    const { headers } = await send(here.issuer, { path: `/authorize?${form(members)}` })
    const back = new URL(headers['location'] ?? '')
    expect(back.origin + back.pathname).to.equal(bank.redirectUri)
    expect([back.searchParams.get('error'), back.searchParams.get('iss')]).to.deep.equal(['invalid_request', here.issuer])
  })

  it('5.3.2.2-5: PKCE with S256: missing and plain are refused at the push, a wrong verifier at the token endpoint', async () => {
    expect((await pushed({ code_challenge: undefined, code_challenge_method: undefined })).status).to.equal(400)
    expect((await pushed({ code_challenge_method: 'plain' })).status).to.equal(400)
    const begun = await signedIn()
    const got = await redeemWithProof(here, bank, { ...begun, verifier: 'w'.repeat(43) }, own, await nonce())
    expect(got.json['error']).to.equal('invalid_grant')
    const { code_verifier: _none, ...without } = grantOf(bank, await signedIn())
    expect((await callWithProof(here, bank, TOKEN, without, own, await nonce())).json['error']).to.equal('invalid_grant')
  })

  it('5.3.2.2-6: redirect_uri is required in a push', async () => {
    expect((await pushed({ redirect_uri: undefined })).status).to.equal(400)
  })

  it('5.3.2.2-7: iss stands in the answer', async () => {
    expect((await signedIn()).callback.searchParams.get('iss')).to.equal(here.issuer)
  })

  it('5.3.2.2-8: no http redirect URI', async () => {
    const plain = await newParty('plain', 'ES256', { profile: 'fapi2', redirect_uris: ['http://localhost:1/cb'] })
    const refused = await register(here, plain).then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refused).to.include('redirect_uris: profile fapi2 demands https')
  })

  it('5.3.2.2-9: a code works once; its second use revokes the token', async () => {
    const begun = await signedIn()
    const got = await redeemWithProof(here, bank, begun, own, await nonce())
    expect((await redeemWithProof(here, bank, begun, own, await nonce())).json['error']).to.equal('invalid_grant')
    expect(typesOf(here.data, begun.transaction)).to.include('CodeReplayed')
    expect((await userinfoWithProof(here, String(got.json['access_token']), own, await nonce())).status).to.equal(401)
  })

  it('5.3.2.2-10 and 11: redirects are 303', async () => {
    const { members } = await requestOf(bank)
    expect((await send(here.issuer, { path: `/authorize?${form(members)}` })).status).to.equal(303)
  })

  it('5.3.2.2-12: a request_uri lives under 600 s, and opens once', async () => {
    const { json } = await pushed({})
    expect(json['expires_in']).to.be.within(1, 599)
    const begun = await signedIn()
    expect((await scriptedBrowser(here.issuer).get(begun.path)).status).to.equal(400)
  })

  it('5.3.2.2-13: the consent page names the client and the claims', async () => {
    const begun = await begin(here, await register(here, await newParty('asking', 'ES256', { profile: 'fapi2' })), { via: 'par' })
    const { html } = await proveByPin(begun)
    expect(html).to.include('The asking').and.to.match(/name/i)
  })

  it('5.3.2.2-14: a nonce of 64 characters is accepted', async () => {
    expect((await pushed({ nonce: 'n'.repeat(64) })).status).to.equal(201)
  })

  it('5.3.4: no token in the query, none that was changed; the scheme in any case', async () => {
    const got = await redeemWithProof(here, bank, await signedIn(), own, await nonce())
    const token = String(got.json['access_token'])
    expect((await send(here.issuer, { path: `${USERINFO}?access_token=${token}` })).status).to.equal(401)
    expect((await userinfoWithProof(here, `${token.slice(0, -2)}AA`, own, await nonce())).status).to.equal(401)
    expect((await userinfoWithProof(here, token, own, await nonce(), 'dPoP')).status).to.equal(200)
  })

  it('5.4.1: PS256, ES256 and EdDSA; RS256 neither for assertions nor for proofs, whatever the key could do', async () => {
    const rs256 = await dpopKey('RS256')
    const { members } = await requestOf(bank)
    expect((await callWithProof(here, bank, PAR, members, rs256)).json['error']).to.equal('invalid_dpop_proof')
    const { kid: _kid, alg: _alg, ...jwk } = rs256.jwk
    const open = await newParty('open', 'ES256', { profile: 'fapi2', jwks: { keys: [{ ...jwk, kid: 'any' }] } })
    const rsa: Party = { ...open, alg: 'RS256', kid: 'any', key: rs256.privateKey }
    await register(here, rsa)
    expect((await authenticated({}, rsa)).status).to.equal(401)
    for (const alg of ['ES256', 'EdDSA'] as const) {
      const party = await register(here, await newParty(`with-${alg.toLowerCase()}`, alg, { profile: 'fapi2' }))
      expect((await authenticated({}, party)).status).to.equal(201)
    }
  })

  it('5.4.1: what we sign is signed by an algorithm of the list, and a token has 128 random bits', async () => {
    const got = await redeemWithProof(here, bank, await signedIn(), own, await nonce())
    for (const member of ['access_token', 'id_token'])
      expect(decodeProtectedHeader(String(got.json[member])).alg).to.be.oneOf(['ES256', 'PS256', 'EdDSA'])
    expect(String(decodeJwt(String(got.json['access_token'])).jti).split('.')[1]).to.have.length.at.least(22)
  })
})
