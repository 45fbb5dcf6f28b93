import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { newParty, redeem, register, signIn, type Party } from '../support/rp.ts'

describe('RFC 9068: the access token', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  it('gives an access token that is typed and for us (rule 33, RFC 9068)', async () => {
    const { json, headers } = await redeem(here, shop, await signIn(here, shop))
    const token = String(json['access_token'])
    expect(decodeProtectedHeader(token).typ).to.equal('at+jwt')
    expect(decodeJwt(token)).to.include({ aud: here.issuer, iss: here.issuer, client_id: shop.id })
    expect(decodeJwt(token).jti).to.match(/^tx_[0-9a-z]{24}\./)
    expect(headers['cache-control']).to.equal('no-store')
    expect(json).to.include({ token_type: 'Bearer' })
  })
})
