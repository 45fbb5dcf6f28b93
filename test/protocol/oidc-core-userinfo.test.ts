import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { form, FORM, newParty, redeem, register, signIn, USERINFO, userinfo, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('OpenID Connect Core 1.0 §5.3, RFC 6750: userinfo (rule 33)', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

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
