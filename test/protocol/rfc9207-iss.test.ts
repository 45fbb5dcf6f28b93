import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import * as oidc from 'openid-client'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { begin, callbackOf, configure, newParty, register, signIn, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

describe('RFC 9207: the issuer in the answer', () => {
  let here: BrokerHere
  let shop: Party

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
  })

  after(() => here.end())

  it('§2: iss is the issuer of the metadata to the letter, in success and in error, direct and pushed', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/openid-configuration' })
    const { issuer } = JSON.parse(body) as { readonly issuer: string }
    for (const via of ['direct', 'par'] as const)
      expect((await signIn(here, shop, { via })).callback.searchParams.getAll('iss')).to.deep.equal([issuer])
    const refused = callbackOf((await begin(here, shop, { with: { prompt: 'none' } })).page)
    expect(refused.searchParams.getAll('iss')).to.deep.equal([issuer])
    const begun = await begin(here, shop)
    const left = callbackOf(await begun.browser.submit(begun.page, 'form-cancel'))
    expect([left.searchParams.get('error'), ...left.searchParams.getAll('iss')]).to.deep.equal(['access_denied', issuer])
  })

  it('§2.3: the metadata says so', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/oauth-authorization-server' })
    expect(JSON.parse(body)).to.include({ authorization_response_iss_parameter_supported: true })
  })

  it('§2.4: a client that compares refuses an answer of another issuer, and one without', async () => {
    const signedIn = await signIn(here, shop)
    const config = await configure(here, shop)
    for (const iss of ['https://evil.example', undefined]) {
      const mixed = new URL(signedIn.callback)
      if (iss === undefined) mixed.searchParams.delete('iss')
      else mixed.searchParams.set('iss', iss)
      const checks = { pkceCodeVerifier: signedIn.verifier, expectedState: signedIn.state, expectedNonce: signedIn.nonce }
      const refused = await oidc.authorizationCodeGrant(config, mixed, checks).then(
        () => 'tokens',
        () => 'refused',
      )
      expect(refused).to.equal('refused')
    }
  })
})
