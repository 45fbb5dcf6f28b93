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

  it('no forged address reaches the log', () => {
    expect(here().broker.world.settings.trustedProxies).to.deep.equal([])
    expect(here().log()).not.to.include('10.9.8.7')
  })
})

describe('attack 21: the limit of requests (rule 23)', () => {
  const PER_MINUTE = 10
  const { here, party } = attacked(['shop'], { ESIGNET_REQUESTS_PER_MINUTE: String(PER_MINUTE) })
  const statuses = async (addressOf: (n: number) => Readonly<Record<string, string>>): Promise<readonly number[]> => {
    const got: number[] = []
    for (let n = 0; n < PER_MINUTE + 5; n += 1) {
      const { members } = await requestOf(party('shop'))
      got.push((await send(here().issuer, { path: `/authorize?${form(members)}`, headers: addressOf(n) })).status)
    }
    return got
  }
  const limited = [...Array<number>(PER_MINUTE).fill(303), ...Array<number>(5).fill(429)]

  it('is not escaped by an address that is forged anew each time', async () => {
    const forgeries = await statuses((n) => ({
      'x-forwarded-for': `198.51.${n}.7`,
      forwarded: `for=198.51.${n}.7`,
      'x-real-ip': `198.51.${n}.7`,
    }))
    expect(forgeries).to.deep.equal(limited)
    expect(await statuses(() => ({})), 'nor by leaving it out then').to.deep.equal(Array<number>(PER_MINUTE + 5).fill(429))
    here().clock.pass(60)
    expect((await statuses(() => ({}))).slice(0, PER_MINUTE), 'and it ends').to.deep.equal(Array<number>(PER_MINUTE).fill(303))
  })
})

describe('attack 21: the limit of requests behind a proxy that is trusted (rule 44)', () => {
  const PER_MINUTE = 10
  const { here, party } = attacked(['shop'], { ESIGNET_REQUESTS_PER_MINUTE: String(PER_MINUTE), ESIGNET_TRUSTED_PROXIES: '127.0.0.1' })

  it('counts the address that the proxy saw: what stands to its left is the client’s to write', async () => {
    const ask = async (forwarded: string): Promise<number> => {
      const { members } = await requestOf(party('shop'))
      return (await send(here().issuer, { path: `/authorize?${form(members)}`, headers: { 'x-forwarded-for': forwarded } })).status
    }
    const forgeries: number[] = []
    for (let n = 0; n < PER_MINUTE + 3; n += 1) forgeries.push(await ask(`203.0.${n}.9, 198.51.100.7`))
    expect(forgeries.slice(PER_MINUTE)).to.deep.equal([429, 429, 429])
    expect(await ask('192.0.2.1'), 'somebody else is not limited by it').to.equal(303)
  })
})
