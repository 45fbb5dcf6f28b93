import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { begin, newParty, register, type Party } from '../support/rp.ts'

describe('RFC 9700: best current practice', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  it('nothing is redirected before client and redirect URI are known to be good (RFC 9700 §4.11)', async () => {
    for (const more of [{ redirect_uri: 'https://evil.example/cb' }, { redirect_uri: `${shop.redirectUri}/` }, { client_id: 'nobody' }]) {
      const { page } = await begin(here, shop, { with: more })
      expect(page.status).to.equal(400)
      expect(page.url.origin).to.equal(here.issuer)
      expect(page.html).not.to.include('evil.example')
    }
  })
})
