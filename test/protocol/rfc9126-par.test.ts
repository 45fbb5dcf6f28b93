import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  begin,
  call,
  callbackOf,
  form,
  FORM,
  newParty,
  PAR,
  proveByPin,
  register,
  requestOf,
  TX,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, send } from '../support/scripted-browser.ts'

describe('RFC 9126: pushed authorization requests (rule 23)', function () {
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

  it('a request URI is opened within 60 s (rule 23)', async () => {
    const { members } = await requestOf(shop)
    const { json } = await call(here, shop, PAR, members)
    here.clock.pass(61)
    const page = await scriptedBrowser(here.issuer).get(
      `/authorize?${form({ client_id: shop.id, request_uri: String(json['request_uri']) })}`,
    )
    expect(page.status).to.equal(400)
  })

  it('§2.2: 201, with a request URI of 256 random bits that is no other, and its life in seconds', async () => {
    const { members } = await requestOf(shop)
    const uris = new Set<string>()
    for (let number = 0; number < 20; number += 1) {
      const { status, json, headers } = await call(here, shop, PAR, members)
      expect(status).to.equal(201)
      expect(headers['cache-control']).to.equal('no-store')
      expect(json['expires_in']).to.equal(60)
      expect(json['request_uri']).to.match(/^urn:ietf:params:oauth:request_uri:tx_[0-9a-z]{24}\.[A-Za-z0-9_-]{43}$/)
      uris.add(String(json['request_uri']).split('.')[1] ?? '')
    }
    expect(uris.size).to.equal(20)
  })

  it('§2.3: errors are JSON of RFC 6749 §5.2, with the codes of the authorization endpoint', async () => {
    for (const [error, more] of [
      ['invalid_scope', { scope: 'profile' }],
      ['unsupported_response_type', { response_type: 'token' }],
      ['invalid_request', { redirect_uri: undefined }],
      ['invalid_request', { code_challenge_method: 'plain' }],
      ['request_not_supported', { request: 'e30.e30.' }],
    ] as const) {
      const { members } = await requestOf(shop, { with: more })
      const { status, json, headers } = await call(here, shop, PAR, members)
      expect([status, json['error']], JSON.stringify(more)).to.deep.equal([400, error])
      expect(headers['content-type']).to.equal('application/json')
    }
    const { status } = await send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body: form((await requestOf(shop)).members) })
    expect(status, 'nobody authenticated').to.equal(401)
  })

  it('§2.3: more than the door takes is 413', async () => {
    const { members } = await requestOf(shop)
    const body = form({ ...members, filler: 'x'.repeat(300_000) })
    expect((await send(here.issuer, { method: 'POST', path: PAR, headers: FORM, body })).status).to.equal(413)
  })

  it('§5: the metadata names the door, and that a client may be held to it', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/oauth-authorization-server' })
    expect(JSON.parse(body)).to.deep.include({
      pushed_authorization_request_endpoint: `${here.issuer}${PAR}`,
      require_pushed_authorization_requests: false,
    })
  })

  it('§7.2: a redirect URI that is not registered is refused when it is pushed, and leads nowhere', async () => {
    const { members } = await requestOf(shop, { with: { redirect_uri: 'https://evil.example/cb' } })
    const { status, json } = await call(here, shop, PAR, members)
    expect([status, json['request_uri']]).to.deep.equal([400, undefined])
  })

  it('§7.4: what became of the client after the push counts', async () => {
    const party = await register(here, await newParty('going'))
    const { json } = await call(here, party, PAR, (await requestOf(party)).members)
    await here.deactivate(party.id)
    const page = await open(String(json['request_uri']), party.id)
    expect([page.status, page.url.origin]).to.deep.equal([400, here.issuer])
  })
})
