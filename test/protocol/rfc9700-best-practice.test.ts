import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { dpopKey, freshNonce, redeemWithProof, userinfoWithProof } from '../support/dpop.ts'
import { begin, call, callbackOf, newParty, PERSON, proveByPin, register, signIn, TOKEN, userinfo, type Party } from '../support/rp.ts'
import { send } from '../support/scripted-browser.ts'

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

  it('§4.1.3: the port of a loopback redirect URI is part of it: no native client is served here', async () => {
    const local = await register(here, await newParty('local', 'ES256', { redirect_uris: ['http://127.0.0.1:3000/cb'] }))
    const { page } = await begin(here, local, { with: { redirect_uri: 'http://127.0.0.1:3001/cb' } })
    expect([page.status, page.headers['location']]).to.deep.equal([400, undefined])
  })

  it('§2.1.2, §2.4: neither the implicit grant nor passwords of people, in the metadata as at the doors', async () => {
    const { body } = await send(here.issuer, { path: '/.well-known/oauth-authorization-server' })
    expect(JSON.parse(body)).to.deep.include({ response_types_supported: ['code'], grant_types_supported: ['authorization_code'] })
    for (const response_type of ['token', 'id_token', 'id_token token', 'code token', 'none']) {
      const { page } = await begin(here, shop, { with: { response_type } })
      expect(callbackOf(page).searchParams.get('error'), response_type).to.equal('unsupported_response_type')
      expect(callbackOf(page).hash).to.equal('')
    }
    const password = await call(here, shop, TOKEN, { grant_type: 'password', username: PERSON.id, password: PERSON.pin })
    expect([password.status, password.json['error']]).to.deep.equal([400, 'unsupported_grant_type'])
  })

  it('§4.2.4: the pages of a login load nothing from elsewhere, and tell nobody where the person was', async () => {
    const begun = await begin(here, shop, { with: { prompt: 'consent' } })
    const pages = [begun.page, await proveByPin(begun)]
    for (const { html, headers } of pages) {
      const loaded = [...html.matchAll(/<(?:script|img|link|iframe|source|object|embed)\b[^>]*?(?:src|href)="?([^"\s>]+)/g)]
      expect(loaded).not.to.be.empty
      for (const [, address = ''] of loaded) expect(new URL(address, here.issuer).origin, address).to.equal(here.issuer)
      expect(headers['referrer-policy']).to.equal('same-origin')
    }
  })

  it('§4.3: no address of a login holds a secret, and nothing of it is kept', async () => {
    const begun = await begin(here, shop, { via: 'par', with: { prompt: 'consent' } })
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    const consent = await begun.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
    for (const { url, headers } of [begun.page, asked, consent]) {
      expect(url.href).to.match(/^http:\/\/localhost:\d+\/login\/tx_[0-9a-z]{24}(\/[a-z]+)?$/)
      expect(headers['cache-control']).to.equal('no-store')
    }
  })

  it('§4.9, §4.10: a token that leaked from a relying party of profile fapi2 is worth nothing without its key', async () => {
    const bank = await register(here, await newParty('bank', 'ES256', { profile: 'fapi2' }))
    const [own, thief] = await Promise.all([dpopKey(), dpopKey()])
    const nonce = async () => ({ claims: { nonce: await freshNonce(here, own) } })
    const { json } = await redeemWithProof(here, bank, await signIn(here, bank, { via: 'par' }), own, await nonce())
    const token = String(json['access_token'])
    expect((await userinfo(here, token)).status).to.equal(401)
    expect((await userinfoWithProof(here, token, thief, await nonce())).status).to.equal(401)
    expect((await userinfoWithProof(here, token, own, await nonce())).status).to.equal(200)
  })

  it('§4.17: no script of ours posts messages or keeps anything in the browser', async () => {
    const { html } = (await begin(here, shop)).page
    const scripts = [...html.matchAll(/<script\b[^>]*?src="?([^"\s>]+)/g)].map(([, address = '']) => new URL(address, here.issuer))
    expect(scripts).not.to.be.empty
    for (const { pathname } of scripts) {
      const { status, body } = await send(here.issuer, { path: pathname })
      expect(status).to.equal(200)
      expect(body).not.to.match(/postMessage|localStorage|sessionStorage|indexedDB|window\.opener/)
    }
  })
})
