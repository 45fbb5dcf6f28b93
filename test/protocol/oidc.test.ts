import { expect } from 'chai'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
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
  TX,
  USERINFO,
  userinfo,
  type Alg,
  type Party,
  type SignedIn,
} from '../support/rp.ts'
import { scriptedBrowser, send } from '../support/scripted-browser.ts'

const LEO = { id: '1774231323', pin: '111111' }
const GENERATED_CODE = 'mosip:idp:acr:generated-code'
const STATIC_CODE = 'mosip:idp:acr:static-code'
const BIOMETRICS = 'mosip:idp:acr:biometrics'

describe('OpenID Connect, as relying parties meet it', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party
  let other: Party

  before(async () => {
    here = await brokerHere()
    const parties = await Promise.all([newParty('shop'), newParty('other')])
    for (const party of parties) await register(here, party)
    ;[shop, other] = parties
  })

  after(() => here.end())

  const tokensOf = async (signedIn: SignedIn, party = shop): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> => {
    const config = await configure(here, party)
    const checks = { pkceCodeVerifier: signedIn.verifier, expectedState: signedIn.state, expectedNonce: signedIn.nonce }
    return oidc.authorizationCodeGrant(config, signedIn.callback, { ...checks, idTokenExpected: true })
  }

  describe('discovery', () => {
    const documents = [
      '/.well-known/openid-configuration',
      '/v1/esignet/oidc/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/v1/esignet/oauth/.well-known/oauth-authorization-server',
    ]

    for (const path of documents)
      it(`${path} says who it is and what it does`, async () => {
        const { status, headers, body } = await send(here.issuer, { path })
        const document = JSON.parse(body) as Record<string, unknown>
        expect(status).to.equal(200)
        expect(headers['content-type']).to.match(/^application\/json/)
        expect(headers['access-control-allow-origin']).to.equal('*')
        expect(document['issuer']).to.equal(here.issuer)
        expect(document['token_endpoint']).to.equal(`${here.issuer}${TOKEN}`)
        expect(document['pushed_authorization_request_endpoint']).to.equal(`${here.issuer}${PAR}`)
        expect(document['authorization_response_iss_parameter_supported']).to.equal(true)
        expect(document['code_challenge_methods_supported']).to.deep.equal(['S256'])
      })

    for (const path of ['/.well-known/jwks.json', '/v1/esignet/oauth/.well-known/jwks.json'])
      it(`${path} holds public keys only`, async () => {
        const { status, body } = await send(here.issuer, { path })
        const { keys } = JSON.parse(body) as { keys: readonly Record<string, unknown>[] }
        expect(status).to.equal(200)
        expect(keys).not.to.be.empty
        for (const key of keys) {
          expect(key).to.include.keys('kid', 'alg', 'kty', 'use')
          for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.to.have.property(secret)
        }
      })
  })

  describe('a login with openid-client', () => {
    for (const via of ['direct', 'par'] as const)
      it(`goes through ${via === 'par' ? 'with a pushed request (RFC 9126)' : 'with a direct request'}, verified throughout`, async () => {
        const signedIn = await signIn(here, shop, { via, tick: ['email'] })
        expect(signedIn.callback.searchParams.get('iss')).to.equal(here.issuer)
        expect(signedIn.callback.searchParams.get('state')).to.equal(signedIn.state)
        const tokens = await tokensOf(signedIn)
        const claims = tokens.claims()
        expect(claims).to.include({ iss: here.issuer, aud: shop.id, nonce: signedIn.nonce, acr: STATIC_CODE })
        expect(claims).to.have.property('auth_time')
        expect(claims).not.to.have.property('azp')
        expect(claims?.['amr']).to.deep.equal(['pin'])
        const config = await configure(here, shop)
        const info = await oidc.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
        expect(info).to.include({ birthdate: '1987-11-25', email: 'maya.rahimi@mail.almaria.example', name: 'Maya Rahimi' })
        expect(info, 'refused').not.to.have.property('phone_number')
      })

    for (const alg of ['PS256', 'RS256', 'EdDSA'] satisfies Alg[])
      it(`authenticates a client by ${alg}, and signs for it by ${alg}`, async () => {
        const more = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg, token_endpoint_auth_signing_alg: alg }
        const party = await register(here, await newParty(`by-${alg.toLowerCase()}`, alg, more))
        const signedIn = await signIn(here, party)
        const { json } = await redeem(here, party, signedIn)
        const keys = createRemoteJWKSet(new URL(`${here.issuer}/.well-known/jwks.json`))
        const { payload } = await jwtVerify(String(json['id_token']), keys, { issuer: here.issuer, audience: party.id, algorithms: [alg] })
        const info = await userinfo(here, String(json['access_token']))
        const signed = await jwtVerify(info.body, keys, { issuer: here.issuer, audience: party.id, algorithms: [alg] })
        expect(signed.payload.sub).to.equal(payload.sub)
        // The client's own library, with its own idea of how the algorithm is called.
        const again = await tokensOf(await signIn(here, party), party)
        expect(again.claims()?.sub).to.equal(payload.sub)
      })

    it('answers a client that wants JSON with JSON', async () => {
      const party = await register(here, await newParty('in-json', 'ES256', { userinfo_format: 'json' }))
      const tokens = await tokensOf(await signIn(here, party), party)
      const { headers, body } = await userinfo(here, tokens.access_token)
      expect(headers['content-type']).to.match(/^application\/json/)
      expect(JSON.parse(body)).to.include({ birthdate: '1987-11-25', sub: tokens.claims()?.sub })
    })

    it('gives an access token that is typed and for us (rule 33, RFC 9068)', async () => {
      const { json, headers } = await redeem(here, shop, await signIn(here, shop))
      const token = String(json['access_token'])
      expect(decodeProtectedHeader(token).typ).to.equal('at+jwt')
      expect(decodeJwt(token)).to.include({ aud: here.issuer, iss: here.issuer, client_id: shop.id })
      expect(decodeJwt(token).jti).to.match(/^tx_[0-9a-z]{24}\./)
      expect(headers['cache-control']).to.equal('no-store')
      expect(json).to.include({ token_type: 'Bearer' })
    })

    it('knows the person by the same sub at one relying party, and by another at another (rule 19)', async () => {
      const subOf = async (party: Party): Promise<string | undefined> => (await tokensOf(await signIn(here, party), party)).claims()?.sub
      const [first, again, elsewhere] = [await subOf(shop), await subOf(shop), await subOf(other)]
      expect(again).to.equal(first)
      expect(elsewhere).not.to.equal(first)
    })

    it('takes a request by POST (OpenID Connect Core §3.1.2.1)', async () => {
      const { members } = await requestOf(shop)
      const browser = scriptedBrowser(here.issuer)
      const page = await browser.post('/authorize', Object.entries(members), {
        origin: 'https://shop.example',
        'sec-fetch-site': 'cross-site',
      })
      expect(page.has('form-choose'), page.html.slice(0, 300)).to.be.true
    })

    it('answers in form_post where that is asked, in success and in refusal', async () => {
      const begun = await begin(here, shop, { with: { response_mode: 'form_post' } })
      const page = await accept(begun.browser, await proveByPin(begun))
      const [posted] = /<form[^>]*action="?https:\/\/shop\.example\/cb/.exec(page.html) ?? []
      expect(posted, page.html.slice(0, 500)).not.to.be.undefined
      const value = (name: string): string | undefined => new RegExp(`name="?${name}"?[^>]*value="?([^">\\s]+)`).exec(page.html)?.[1]
      expect(value('state')).to.equal(begun.state)
      expect(value('iss')).to.equal(here.issuer)
      const { status } = await redeem(here, shop, { code: value('code') ?? '', verifier: begun.verifier })
      expect(status).to.equal(200)
      const refused = await begin(here, shop, { with: { response_mode: 'form_post' } })
      const back = await refused.browser.submit(refused.page, 'form-cancel')
      expect(back.html).to.match(/name="?error"?[^>]*value="?access_denied/)
    })
  })

  describe('the code (rules 30 and 31)', () => {
    it('is the same after a reload, and recorded once', async () => {
      const signedIn = await signIn(here, shop)
      const again = await signedIn.browser.get(signedIn.base)
      expect(callbackOf(again).searchParams.get('code')).to.equal(signedIn.code)
      expect(typesOf(here.data, signedIn.transaction).filter((type) => type === 'CodeIssued')).to.have.length(1)
    })

    it('is burnt by a wrong redirect URI', async () => {
      const signedIn = await signIn(here, shop)
      const wrong = await redeem(here, shop, signedIn, { redirect_uri: 'https://shop.example/other' })
      expect([wrong.status, wrong.json['error']]).to.deep.equal([400, 'invalid_grant'])
      const right = await redeem(here, shop, signedIn)
      expect([right.status, right.json['error']]).to.deep.equal([400, 'invalid_grant'])
      expect(typesOf(here.data, signedIn.transaction)).to.include('CodeRefused').and.not.include('TokenExchanged')
    })

    it('is burnt by a wrong verifier, and by none', async () => {
      const { members, verifier } = await requestOf(shop)
      expect(members['code_challenge']).not.to.equal(verifier)
      const signedIn = await signIn(here, shop)
      const wrong = await redeem(here, shop, { ...signedIn, verifier })
      expect([wrong.status, wrong.json['error']]).to.deep.equal([400, 'invalid_grant'])
      expect((await redeem(here, shop, signedIn)).json['error']).to.equal('invalid_grant')
      const another = await signIn(here, shop)
      const { code_verifier: _left, ...grant } = grantOf(shop, another)
      expect((await call(here, shop, TOKEN, grant)).json['error']).to.equal('invalid_grant')
      expect((await redeem(here, shop, another)).json['error']).to.equal('invalid_grant')
    })

    it('is not burnt by another client, which learns nothing', async () => {
      const signedIn = await signIn(here, shop)
      const stolen = await call(here, other, TOKEN, grantOf(shop, signedIn))
      expect([stolen.status, stolen.json['error']]).to.deep.equal([400, 'invalid_grant'])
      const unknown = await call(here, other, TOKEN, { ...grantOf(shop, signedIn), code: `${signedIn.transaction}.${'A'.repeat(43)}` })
      expect(unknown.json).to.deep.equal(stolen.json)
      expect((await redeem(here, shop, signedIn)).status).to.equal(200)
    })

    it('presented again after the exchange kills the tokens (RFC 6749 §4.1.2)', async () => {
      const signedIn = await signIn(here, shop)
      const { json } = await redeem(here, shop, signedIn)
      const token = String(json['access_token'])
      expect((await userinfo(here, token)).status).to.equal(200)
      const replay = await redeem(here, shop, signedIn)
      expect([replay.status, replay.json['error']]).to.deep.equal([400, 'invalid_grant'])
      const { status, headers } = await userinfo(here, token)
      expect(status).to.equal(401)
      expect(headers['www-authenticate']).to.include('error="invalid_token"')
      expect((await redeem(here, shop, signedIn)).json['error']).to.equal('invalid_grant')
      expect(typesOf(here.data, signedIn.transaction).filter((type) => type === 'CodeReplayed')).to.have.length(1)
    })

    it('gives exactly one success to 50 who come at once', async () => {
      const signedIn = await signIn(here, shop)
      const replies = await Promise.all(Array.from({ length: 50 }, () => redeem(here, shop, signedIn)))
      const successes = replies.filter(({ status }) => status === 200)
      expect(successes).to.have.length(1)
      for (const { status, json } of replies) if (status !== 200) expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
      expect(typesOf(here.data, signedIn.transaction).filter((type) => type === 'TokenExchanged')).to.have.length(1)
    })

    for (const path of [TOKEN, '/v1/esignet/oauth/token'])
      it(`is redeemed at ${path}`, async () => {
        const signedIn = await signIn(here, shop)
        const { status, json } = await call(here, shop, path, grantOf(shop, signedIn))
        expect(status, JSON.stringify(json)).to.equal(200)
        expect(json).to.include.keys('access_token', 'id_token', 'expires_in')
      })
  })

  describe('client authentication (rule 32, RFC 7523)', () => {
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
  })

  describe('what is asked for', () => {
    const errorOf = async (more: Readonly<Record<string, string | undefined>>, party = shop): Promise<Readonly<Record<string, string>>> => {
      const begun = await begin(here, party, { with: more })
      const { searchParams } = callbackOf(begun.page)
      expect(searchParams.get('iss'), 'RFC 9207: iss in errors too').to.equal(here.issuer)
      expect(searchParams.get('state')).to.equal(begun.state)
      return Object.fromEntries(searchParams)
    }

    it('prompt=none is always login_required (rule 27)', async () => {
      expect(await errorOf({ prompt: 'none' })).to.include({ error: 'login_required' })
      expect(await errorOf({ prompt: 'none login' })).to.include({ error: 'invalid_request' })
    })

    it('wrong requests are told to the relying party, once it is known to be good', async () => {
      expect(await errorOf({ response_type: 'token' })).to.include({ error: 'unsupported_response_type' })
      expect(await errorOf({ scope: 'profile' })).to.include({ error: 'invalid_scope' })
      expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).to.include({ error: 'invalid_request' })
      expect(await errorOf({ code_challenge_method: 'plain' })).to.include({ error: 'invalid_request' })
      expect(await errorOf({ claims: '{"userinfo":' })).to.include({ error: 'invalid_request' })
      expect(await errorOf({ request: 'e30.e30.' })).to.include({ error: 'request_not_supported' })
    })

    it('nothing is redirected before client and redirect URI are known to be good (RFC 9700 §4.11)', async () => {
      for (const more of [{ redirect_uri: 'https://evil.example/cb' }, { redirect_uri: `${shop.redirectUri}/` }, { client_id: 'nobody' }]) {
        const { page } = await begin(here, shop, { with: more })
        expect(page.status).to.equal(400)
        expect(page.url.origin).to.equal(here.issuer)
        expect(page.html).not.to.include('evil.example')
      }
    })

    it('prompt=consent asks again where a consent stands; without it, it is not asked (rule 28)', async () => {
      await signIn(here, shop)
      const standing = await begin(here, shop)
      callbackOf(await proveByPin(standing))
      const asked = await begin(here, shop, { with: { prompt: 'consent' } })
      expect((await proveByPin(asked)).has('form-consent')).to.be.true
    })

    it('a wider request asks again, and openid alone is asked once too (rule 28)', async () => {
      const claims = JSON.stringify({ userinfo: { name: { essential: true }, gender: { essential: true } } })
      const begun = await begin(here, shop, { with: { claims } })
      expect((await proveByPin(begun)).has('form-consent')).to.be.true
      const alone = { claims: undefined, scope: 'openid' }
      const first = await begin(here, other, { with: alone })
      const page = await proveByPin(first)
      expect(page.has('form-consent')).to.be.true
      callbackOf(await accept(first.browser, page))
      callbackOf(await proveByPin(await begin(here, other, { with: alone })))
    })

    it('acr_values choose the factors on offer, and acr says which was met', async () => {
      const begun = await begin(here, shop, { with: { acr_values: STATIC_CODE } })
      expect(begun.page.html).to.include('value="pin"').and.not.include('value="otp"')
      const proven = await proveByPin(begun)
      const callback = callbackOf(await accept(begun.browser, proven))
      const tokens = await tokensOf({ ...begun, callback, code: callback.searchParams.get('code') ?? '' })
      expect(tokens.claims()).to.include({ acr: STATIC_CODE })
    })

    it('an essential acr that cannot be met is unmet_authentication_requirements (rule 33)', async () => {
      const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [BIOMETRICS] } } })
      expect(await errorOf({ claims })).to.include({ error: 'unmet_authentication_requirements' })
      const either = JSON.stringify({ id_token: { acr: { essential: true, values: [BIOMETRICS, GENERATED_CODE] } } })
      const begun = await begin(here, shop, { with: { claims: either } })
      expect(begun.page.html).to.include('value="otp"').and.not.include('value="pin"')
    })

    it('an id_token_hint of somebody else ends in login_required after authentication (rule 27)', async () => {
      const { json } = await redeem(here, shop, await signIn(here, shop))
      const hint = { id_token_hint: String(json['id_token']) }
      callbackOf(
        await accept(
          ...(await (async () => {
            const mine = await begin(here, shop, { with: hint })
            return [mine.browser, await proveByPin(mine)] as const
          })()),
        ),
      )
      const begun = await begin(here, shop, { with: hint })
      const page = await proveByPin(begun, LEO.id, LEO.pin)
      expect(page.status).to.equal(403)
      expect(page.html.replaceAll('&amp;', '&')).to.include('error=login_required')
    })

    it('claims come in the languages that were asked for (OpenID Connect Core §5.2)', async () => {
      const signedIn = await signIn(here, shop, { with: { claims_locales: 'ar fr' } })
      const { json } = await redeem(here, shop, signedIn)
      const { body } = await userinfo(here, String(json['access_token']))
      const members = decodeJwt(body)
      expect(members).to.include.keys('name', 'name#ar', 'name#fr')
      expect(members['name']).to.equal(members['name#ar'])
    })
  })

  describe('a pushed request (rule 23, RFC 9126)', () => {
    const pushed = async (party = shop): Promise<string> => {
      const { members } = await requestOf(party)
      const { json } = await call(here, party, PAR, members)
      return String(json['request_uri'])
    }
    const open = (uri: string, client = shop.id, browser = scriptedBrowser(here.issuer)) =>
      browser.get(`/authorize?${form({ client_id: client, request_uri: uri })}`, { 'sec-fetch-site': 'cross-site' })

    it('opens for one browser, which may load it again; another gets a local page', async () => {
      const uri = await pushed()
      const browser = scriptedBrowser(here.issuer)
      expect((await open(uri, shop.id, browser)).has('form-choose')).to.be.true
      expect((await open(uri, shop.id, browser)).has('form-choose')).to.be.true
      const stranger = await open(uri)
      expect(stranger.status).to.equal(403)
      expect(typesOf(here.data, TX.exec(uri)?.[0] ?? '')).to.deep.equal(['AuthorizationStarted', 'AuthorizationOpened'])
    })

    it('is no other client’s, cannot be guessed, and is not pushed itself', async () => {
      const uri = await pushed()
      expect((await open(uri, other.id)).status).to.equal(400)
      expect((await open(`${uri.slice(0, -43)}${'A'.repeat(43)}`)).status).to.be.oneOf([400, 403, 404])
      expect((await open(uri)).has('form-choose')).to.be.true
      const { members } = await requestOf(shop)
      const { status, json } = await call(here, shop, PAR, { ...members, request_uri: uri })
      expect([status, json['error']]).to.deep.equal([400, 'invalid_request'])
    })

    it('reads nothing but client_id beside it', async () => {
      const uri = await pushed()
      const browser = scriptedBrowser(here.issuer)
      const page = await browser.get(
        `/authorize?${form({ client_id: shop.id, request_uri: uri, redirect_uri: 'https://evil.example/', scope: 'x' })}`,
      )
      expect(page.has('form-choose')).to.be.true
    })

    it('is spent for good when the code was issued', async () => {
      const begun = await begin(here, shop, { via: 'par' })
      callbackOf(await accept(begun.browser, await proveByPin(begun)))
      const again = await begun.browser.get(begun.path)
      const { searchParams } = again.url
      expect(searchParams.get('code'), 'no second login comes of it').to.be.oneOf([null])
      expect(again.status).to.equal(400)
    })

    it('can be demanded of a client', async () => {
      const strict = await register(here, await newParty('strict', 'ES256', { require_pushed_authorization_requests: true }))
      const { page } = await begin(here, strict)
      expect(callbackOf(page).searchParams.get('error')).to.equal('invalid_request')
      expect((await begin(here, strict, { via: 'par' })).page.has('form-choose')).to.be.true
    })
  })

  describe('userinfo (rule 33)', () => {
    it('is given 20 times for a token, then 429', async () => {
      const { json } = await redeem(here, shop, await signIn(here, shop))
      const token = String(json['access_token'])
      const statuses: number[] = []
      for (let number = 0; number < 21; number += 1) statuses.push((await userinfo(here, token)).status)
      expect(statuses).to.deep.equal([...Array.from({ length: 20 }, () => 200), 429])
      expect((await userinfo(here, token)).headers['retry-after']).not.to.be.undefined
    })

    it('takes the token in the header, by GET and POST, and nowhere else (RFC 6750)', async () => {
      const { json } = await redeem(here, shop, await signIn(here, shop))
      const token = String(json['access_token'])
      const authorization = `Bearer ${token}`
      expect((await send(here.issuer, { method: 'POST', path: USERINFO, headers: { authorization } })).status).to.equal(200)
      const bare = await send(here.issuer, { path: USERINFO })
      expect(bare.status).to.equal(401)
      expect(bare.headers['www-authenticate']).to.match(/^Bearer realm="userinfo", DPoP realm="userinfo", algs="[^"]+"$/)
      expect((await send(here.issuer, { path: `${USERINFO}?access_token=${token}` })).status).to.equal(401)
      const body = form({ access_token: token })
      expect((await send(here.issuer, { method: 'POST', path: USERINFO, headers: FORM, body })).status).to.equal(401)
      const idToken = await userinfo(here, String(json['id_token']))
      expect(idToken.status, 'an ID token is no access token').to.equal(401)
      const [head = '', payload = '', signature = ''] = token.split('.')
      const forged = `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      expect((await userinfo(here, forged)).status).to.equal(401)
    })
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

  // These move the clock, so they come last.
  describe('time', () => {
    it('a request URI is opened within 60 s (rule 23)', async () => {
      const { members } = await requestOf(shop)
      const { json } = await call(here, shop, PAR, members)
      here.clock.pass(61)
      const page = await scriptedBrowser(here.issuer).get(
        `/authorize?${form({ client_id: shop.id, request_uri: String(json['request_uri']) })}`,
      )
      expect(page.status).to.equal(400)
    })

    it('a code is dead at 61 s', async () => {
      const signedIn = await signIn(here, shop)
      here.clock.pass(61)
      const { status, json } = await redeem(here, shop, signedIn)
      expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
      expect(typesOf(here.data, signedIn.transaction)).to.include('AuthorizationExpired').and.not.include('TokenExchanged')
    })

    it('a code is alive at 55 s, its tokens until they expire', async () => {
      const signedIn = await signIn(here, shop)
      here.clock.pass(55)
      const { status, json } = await redeem(here, shop, signedIn)
      expect(status, JSON.stringify(json)).to.equal(200)
      const token = String(json['access_token'])
      here.clock.pass(590)
      expect((await userinfo(here, token)).status).to.equal(200)
      here.clock.pass(11)
      expect((await userinfo(here, token)).status).to.equal(401)
    })

    it('a login that is not gone on with expires, and its page says so', async () => {
      const begun = await begin(here, shop)
      here.clock.pass(301)
      const page = await begun.browser.get(begun.base)
      expect(page.status).to.equal(410)
      expect(page.html.replaceAll('&amp;', '&')).to.include('error=access_denied')
      const late = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: LEO.id, factor: 'pin' } })
      expect(late.status).to.equal(410)
      expect(typesOf(here.data, begun.transaction).at(-1)).to.equal('AuthorizationExpired')
    })
  })
})
