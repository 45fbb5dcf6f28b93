import { expect } from 'chai'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
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

  it('§2.2: has every claim that is required, and a life of minutes', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    const claims = decodeJwt(String(json['access_token']))
    expect(claims).to.include.keys('iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'scope')
    expect(Number(claims.exp) - Number(claims.iat)).to.equal(json['expires_in'])
    expect(claims, 'nothing of the person').not.to.have.any.keys('name', 'birthdate', 'email')
  })

  it('§2.2.3: its scope is what the person agreed to, and the answer says the same', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop, { with: { scope: 'openid profile' } }))
    expect(decodeJwt(String(json['access_token']))['scope']).to.equal(json['scope'])
    expect(String(json['scope']).split(' ')).to.include('openid').and.not.include('email')
  })

  it('§4: verified as a resource server does it, and not to be taken for an ID token', async () => {
    const { json } = await redeem(here, shop, await signIn(here, shop))
    const keys = createRemoteJWKSet(new URL(`${here.issuer}/.well-known/jwks.json`))
    const options = { issuer: here.issuer, audience: here.issuer, typ: 'at+jwt' }
    await jwtVerify(String(json['access_token']), keys, options)
    const taken = await jwtVerify(String(json['id_token']), keys, options).then(
      () => true,
      () => false,
    )
    expect(taken).to.be.false
  })
})
