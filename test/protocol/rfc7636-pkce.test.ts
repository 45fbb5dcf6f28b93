import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { call, grantOf, newParty, redeem, register, requestOf, signIn, TOKEN, type Party } from '../support/rp.ts'

describe('RFC 7636: PKCE', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

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
})
