// The attacker wants our documents, cookies and links to bear their name; everything hangs on the configured issuer (`src/http/discovery.ts`, `src/http/forwarded.ts`).
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { attacked } from '../../support/attacked.ts'
import { begin, form, requestOf, signIn } from '../../support/rp.ts'
import { send } from '../../support/scripted-browser.ts'

describe('attack 21: host and forwarded headers (RFC 9700 §4.13, RFC 8414 §3.3)', () => {
  const { here, party } = attacked(['shop'])
  const forged = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-for': '10.9.8.7, evil.example',
    'x-forwarded-port': '99',
    'x-original-url': '//evil.example',
    forwarded: 'host=evil.example;proto=gopher;for=evil.example',
  }

  for (const path of [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json',
    '/authorize?client_id=x',
    '/nowhere',
  ])
    it(`${path} says what it says without them`, async () => {
      const [plain, got] = [await send(here().issuer, { path }), await send(here().issuer, { path, headers: forged })]
      expect(got.status).to.equal(plain.status)
      expect(`${got.body}${JSON.stringify(got.headers)}`).not.to.match(/evil\.example|gopher/)
    })

  it('a login that begins with them has our issuer, cookies and links', async () => {
    const { members } = await requestOf(party('shop'))
    const got = await send(here().issuer, { path: `/authorize?${form(members)}`, headers: forged })
    expect(got.status).to.equal(303)
    expect(got.headers['location']).to.match(/^\/login\/tx_/)
    expect(got.cookies.join()).not.to.match(/domain|evil/i)
    const { page } = await begin(here(), party('shop'))
    expect(page.html).not.to.include('evil.example')
    expect((await signIn(here(), party('shop'))).callback.searchParams.get('iss')).to.equal(here().issuer)
  })

  it('the limit of requests is not escaped by a forged address', async () => {
    expect(here().broker.world.settings.trustedProxies).to.deep.equal([])
    expect(here().log()).not.to.include('10.9.8.7')
  })
})
