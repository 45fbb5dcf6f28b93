import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { newSecret, newTransaction } from '../../../src/crypto/ids.ts'
import { bindBrowser, readBinding, readCookies } from '../../../src/http/cookies.ts'
import { csrfFits, csrfToken } from '../../../src/http/csrf.ts'
import { addresses, networkOf } from '../../../src/http/forwarded.ts'
import { headersOf, pagePolicy } from '../../../src/http/headers.ts'
import { limiter } from '../../../src/http/limits.ts'
import { originAllowed } from '../../../src/http/origin.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock } from '../../support/hand-clock.ts'

const AT = '2026-11-24T12:00:00.000Z'

/** What a browser would send back after these lines. */
const jarOf = (jar: ReadonlyMap<string, string>, lines: readonly string[]): ReadonlyMap<string, string> => {
  const next = new Map(jar)
  for (const line of lines) {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    if (attributes.includes('Max-Age=0')) next.delete(name)
    else next.set(name, value)
  }
  return next
}

describe('cookies (rule 24)', () => {
  it('reads what browsers send, and drops what is no cookie', () => {
    expect([...readCookies('a=1; b="two"; c=x=y; bad; =x; d=é; e=')]).to.deep.equal([
      ['a', '1'],
      ['b', 'two'],
      ['c', 'x=y'],
      ['e', ''],
    ])
    expect(readCookies(undefined).size).to.equal(0)
  })

  it('a name that comes twice counts for nothing (cookie tossing)', () => {
    expect([...readCookies('tx-aaaaaaaa=good; tx-aaaaaaaa=planted; x=1')]).to.deep.equal([['x', '1']])
  })

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (header) => readCookies(header).size <= 64))
  })

  it('binds a browser: __Host-, Secure, HttpOnly, Lax, 480 s; the demo on http without prefix and Secure', () => {
    const transaction = newTransaction(systemChance)
    const secret = newSecret(systemChance)
    const [line = ''] = bindBrowser(new Map(), transaction, secret, AT, true)
    expect(line).to.match(/^__Host-tx-[0-9a-z]{8}=\d+\.[\w-]{43}; Path=\/; Max-Age=480; HttpOnly; SameSite=Lax; Secure$/)
    const [demo = ''] = bindBrowser(new Map(), transaction, secret, AT, false)
    expect(demo).to.match(/^tx-[0-9a-z]{8}=\d+\.[\w-]{43}; Path=\/; Max-Age=480; HttpOnly; SameSite=Lax$/)
    expect(readBinding(jarOf(new Map(), [line]), transaction, true)).to.equal(secret)
    expect(readBinding(jarOf(new Map(), [line]), transaction, false)).to.equal(undefined)
  })

  it('keeps the newest 8 logins, whatever the order in which the browser names them', () => {
    const clock = handClock(AT)
    const transactions = Array.from({ length: 12 }, () => newTransaction(systemChance))
    let jar: ReadonlyMap<string, string> = new Map([['language', 'fr']])
    for (const transaction of transactions) {
      clock.pass(1000)
      const shuffled = new Map([...jar].reverse())
      jar = jarOf(shuffled, bindBrowser(shuffled, transaction, newSecret(systemChance), clock.now(), true))
    }
    expect(jar.size).to.equal(9)
    const open = transactions.filter((transaction) => readBinding(jar, transaction, true) !== undefined)
    expect(open).to.deep.equal(transactions.slice(-8))
  })
})

describe('forms come from our own page (rule 25)', () => {
  const key = systemChance.bytes(32)

  it('the token fits one transaction in one browser', () => {
    const token = csrfToken(key, 'tx_a', 'browser')
    expect(csrfFits(key, 'tx_a', 'browser', token)).to.equal(true)
    for (const [transaction, browser, given] of [
      ['tx_b', 'browser', token],
      ['tx_a', 'other', token],
      ['tx_a', 'browser', undefined],
      ['tx_a', 'browser', ''],
      ['tx_a', 'browser', `${token}x`],
    ] as const)
      expect(csrfFits(key, transaction, browser, given)).to.equal(false)
    expect(csrfFits(systemChance.bytes(32), 'tx_a', 'browser', token)).to.equal(false)
  })

  const cases: readonly (readonly [origin: string | undefined, site: string | undefined, allowed: boolean])[] = [
    ['https://id.example', undefined, true],
    ['https://id.example', 'same-origin', true],
    ['https://id.example', 'cross-site', false],
    ['https://evil.example', undefined, false],
    ['https://evil.example', 'same-origin', false],
    ['http://id.example', undefined, false],
    ['https://id.example.evil.example', undefined, false],
    ['https://id.example:8443', undefined, false],
    ['null', undefined, false],
    ['null', 'same-origin', true],
    ['null', 'same-site', false],
    ['null', 'cross-site', false],
    [undefined, 'same-origin', true],
    [undefined, 'none', false],
    [undefined, 'same-site', false],
    [undefined, 'cross-site', false],
    [undefined, undefined, true],
    ['', undefined, false],
  ]
  for (const [origin, site, allowed] of cases)
    it(`Origin ${String(origin)}, Sec-Fetch-Site ${String(site)}: ${allowed ? 'may' : 'may not'}`, () => {
      expect(originAllowed({ origin, 'sec-fetch-site': site }, 'https://id.example')).to.equal(allowed)
    })
})

describe('headers (rules 25, 26; FAPI 2.0 §5.2.3)', () => {
  const policyOf = (redirectUri?: string): string => String(pagePolicy({ redirectUri })['content-security-policy'])

  it('pages: nothing from elsewhere, no frames, the way back open', () => {
    expect(policyOf('https://rp.example/cb')).to.equal(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'",
    )
    const { page } = headersOf('https://id.example')
    expect(page).to.include({
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    expect(page['strict-transport-security']).to.match(/max-age=\d{8}/)
    expect(headersOf('http://localhost:8088').page['strict-transport-security']).to.equal(undefined)
  })

  it('form-action names the scheme of this redirect URI, loopback only for http, and no scheme that runs code', () => {
    expect(policyOf('com.example.app:/cb')).to.include("form-action 'self' https: com.example.app:;")
    expect(policyOf('http://127.0.0.1:8089/cb')).to.include("form-action 'self' https: http://127.0.0.1:* http://localhost:*;")
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'not a uri', ''])
      expect(policyOf(uri), uri).to.include("form-action 'self' https:;")
  })

  it('only the page of a reader may speak to this machine', () => {
    expect(policyOf('https://rp.example/cb')).not.to.include('connect-src')
    expect(pagePolicy({ reader: true })['content-security-policy']).to.include('connect-src http://127.0.0.1:*;')
  })

  it('only what is public may be read from other origins', () => {
    const kinds = headersOf('https://id.example')
    for (const kind of ['page', 'oauth', 'static'] as const) expect(kinds[kind]['access-control-allow-origin']).to.equal(undefined)
    expect(kinds.public['access-control-allow-origin']).to.equal('*')
    expect(kinds.oauth).to.include({ 'cache-control': 'no-store', pragma: 'no-cache' })
  })
})

describe('limits', () => {
  it('gives as many as a minute has, then says when', () => {
    const clock = handClock()
    const limit = limiter(30)
    const takes = Array.from({ length: 31 }, () => limit.take('client 192.0.2.0/24', clock.now()))
    expect(takes.filter(({ ok }) => ok)).to.have.length(30)
    expect(takes.at(-1)).to.deep.equal({ ok: false, retryAfterS: 2 })
    expect(limit.take('client 198.51.100.0/24', clock.now()).ok).to.equal(true)
    clock.pass(2000)
    expect(limit.take('client 192.0.2.0/24', clock.now()).ok).to.equal(true)
    expect(limit.take('client 192.0.2.0/24', clock.now()).ok).to.equal(false)
  })

  it('holds a bounded number of keys, and survives a clock that goes back', () => {
    const clock = handClock()
    const limit = limiter(1, 100)
    for (let n = 0; n < 1000; n += 1) limit.take(String(n), clock.now())
    expect(limit.take('999', clock.now()).ok).to.equal(false)
    expect(limit.take('0', clock.now()).ok).to.equal(true)
    clock.pass(-3_600_000)
    expect(limit.take('999', clock.now()).ok).to.equal(false)
  })
})

describe('the address of a client (rule 44)', () => {
  const { clientOf } = addresses(['10.0.0.1', '10.1.0.0/16', 'fd00::1'])

  it('forwarded addresses count only from a trusted proxy', () => {
    expect(clientOf('203.0.113.9', '1.2.3.4')).to.equal('203.0.113.9')
    expect(clientOf('10.0.0.1', '1.2.3.4')).to.equal('1.2.3.4')
    expect(clientOf('::ffff:10.0.0.1', '1.2.3.4')).to.equal('1.2.3.4')
    expect(clientOf('fd00::1', '2001:db8::1')).to.equal('2001:db8::1')
    expect(addresses([]).clientOf('10.0.0.1', '1.2.3.4')).to.equal('10.0.0.1')
  })

  it('what a client writes itself is to the left of what our proxy saw', () => {
    expect(clientOf('10.0.0.1', '6.6.6.6, 1.2.3.4')).to.equal('1.2.3.4')
    expect(clientOf('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.1.7.7')).to.equal('1.2.3.4')
    expect(clientOf('10.0.0.1', '6.6.6.6, nonsense')).to.equal('10.0.0.1')
    expect(clientOf('10.0.0.1', '')).to.equal('10.0.0.1')
    expect(clientOf(undefined, '1.2.3.4')).to.equal('')
  })

  it('networks: /24 and /48', () => {
    expect(networkOf('192.0.2.77')).to.equal('192.0.2.0/24')
    expect(networkOf('2001:db8:7:1::1')).to.equal('2001:db8:7::/48')
    expect(networkOf('2001:0DB8:0007:ffff:0:0:0:1')).to.equal('2001:db8:7::/48')
    expect(networkOf('2001:db8::1')).to.equal('2001:db8:0::/48')
    expect(networkOf('::1')).to.equal('0:0:0::/48')
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0::/48')
    expect(networkOf('')).to.equal('unknown')
  })
})
