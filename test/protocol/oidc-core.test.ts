import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  configure,
  newParty,
  proveByPin,
  redeem,
  register,
  requestOf,
  signIn,
  tokensOf,
  userinfo,
  type Alg,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, send } from '../support/scripted-browser.ts'
const LEO = { id: '1774231323', pin: '111111' }
const STATIC_CODE = 'mosip:idp:acr:static-code'

describe('OpenID Connect Core 1.0: a login from end to end', function () {
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

  for (const via of ['direct', 'par'] as const)
    it(`goes through ${via === 'par' ? 'with a pushed request (RFC 9126)' : 'with a direct request'}, verified throughout`, async () => {
      const signedIn = await signIn(here, shop, { via, tick: ['email'] })
      expect(signedIn.callback.searchParams.get('iss')).to.equal(here.issuer)
      expect(signedIn.callback.searchParams.get('state')).to.equal(signedIn.state)
      const tokens = await tokensOf(here, signedIn, shop)
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
      const again = await tokensOf(here, await signIn(here, party), party)
      expect(again.claims()?.sub).to.equal(payload.sub)
    })

  it('answers a client that wants JSON with JSON', async () => {
    const party = await register(here, await newParty('in-json', 'ES256', { userinfo_format: 'json' }))
    const tokens = await tokensOf(here, await signIn(here, party), party)
    const { headers, body } = await userinfo(here, tokens.access_token)
    expect(headers['content-type']).to.match(/^application\/json/)
    expect(JSON.parse(body)).to.include({ birthdate: '1987-11-25', sub: tokens.claims()?.sub })
  })

  it('knows the person by the same sub at one relying party, and by another at another (rule 19)', async () => {
    const subOf = async (party: Party): Promise<string | undefined> =>
      (await tokensOf(here, await signIn(here, party), party)).claims()?.sub
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

  it('§2, §3.1.3.6, §3.1.3.7: the ID token is complete: subject, times, kid, and the hash of its access token', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    const [idToken, accessToken] = [String(json['id_token']), String(json['access_token'])]
    const { kid } = decodeProtectedHeader(idToken)
    const { keys } = JSON.parse((await send(here.issuer, { path: '/.well-known/jwks.json' })).body) as {
      readonly keys: readonly { kid: string }[]
    }
    expect(keys.map((key) => key.kid)).to.include(kid)
    const claims = decodeJwt(idToken)
    expect(claims.sub).to.match(/^[\x21-\x7e]{1,255}$/)
    expect(Number(claims.exp)).to.be.greaterThan(Number(claims.iat))
    expect(claims).to.include.keys('auth_time', 'acr', 'amr')
    expect(claims['at_hash']).to.equal(createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'))
  })

  it('§3.1.2.1: nonce and state come back exactly when they were sent', async () => {
    const signedIn = await signIn(here, shop, { with: { nonce: undefined, state: undefined } })
    expect(signedIn.callback.searchParams.has('state')).to.be.false
    const { json } = await redeem(here, shop, signedIn)
    expect(decodeJwt(String(json['id_token']))).not.to.have.property('nonce')
  })

  it('§5.3.2: userinfo names the subject of the ID token', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    const info = decodeJwt((await userinfo(here, String(json['access_token']))).body)
    expect(info.sub).to.equal(decodeJwt(String(json['id_token'])).sub)
  })
})
