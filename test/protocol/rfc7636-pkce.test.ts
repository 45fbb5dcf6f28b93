import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { begin, call, callbackOf, grantOf, newParty, redeem, register, requestOf, signIn, TOKEN, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('RFC 7636: PKCE', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  it('§4.6: a code is burnt by a wrong verifier, and by none (rule 31)', async () => {
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

  it('§4.1: a verifier of fewer than 43 or more than 128 characters, or of others, is none; the code lives on', async () => {
    const signedIn = await signIn(here, shop)
    for (const verifier of ['v'.repeat(42), 'v'.repeat(129), `${'v'.repeat(42)}+`, `${'v'.repeat(43)} `]) {
      const { status, json } = await redeem(here, shop, { ...signedIn, verifier })
      expect([status, json['error']], verifier).to.deep.equal([400, 'invalid_request'])
    }
    expect((await redeem(here, shop, signedIn)).status).to.equal(200)
  })

  it('§4.1: a verifier of 128 characters, of every kind that is allowed, fits', async () => {
    const verifier = 'aZ09-._~'.repeat(16)
    const code_challenge = createHash('sha256').update(verifier).digest('base64url')
    const signedIn = await signIn(here, shop, { with: { code_challenge } })
    expect((await redeem(here, shop, { ...signedIn, verifier })).status).to.equal(200)
  })

  it('§4.3, §4.4.1: S256 and nothing else, with both halves, and the metadata says so', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
    expect(JSON.parse(body)).to.deep.include({ code_challenge_methods_supported: ['S256'] })
    for (const more of [
      { code_challenge: undefined },
      { code_challenge_method: undefined },
      { code_challenge_method: 's256' },
      { code_challenge: 'short' },
    ]) {
      const { page } = await begin(here, shop, { with: more })
      expect(callbackOf(page).searchParams.get('error'), JSON.stringify(more)).to.equal('invalid_request')
    }
  })

  it('§4.6: the challenge is not its own verifier', async () => {
    const { code_challenge = '' } = (await requestOf(shop)).members
    const signedIn = await signIn(here, shop, { with: { code_challenge } })
    expect((await redeem(here, shop, { ...signedIn, verifier: code_challenge })).json['error']).to.equal('invalid_grant')
  })
})
