import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { typesOf } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { call, callbackOf, grantOf, newParty, redeem, register, signIn, TOKEN, userinfo, type Party } from '../support/rp.ts'

describe('RFC 6749 §4.1: the code (rules 30 and 31)', function () {
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
})
