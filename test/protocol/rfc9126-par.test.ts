import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { accept, begin, call, callbackOf, form, newParty, PAR, proveByPin, register, requestOf, TX, type Party } from '../support/rp.ts'
import { scriptedBrowser } from '../support/scripted-browser.ts'

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
})
