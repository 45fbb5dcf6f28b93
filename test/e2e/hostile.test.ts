import { expect } from 'chai'
import { SignJWT, UnsecuredJWT } from 'jose'
import { after, afterEach, before, describe, it } from 'mocha'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { routes } from '../../src/http/routes.ts'
import type { Route } from '../../src/http/route.ts'
import { causedEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import {
  accept,
  assertionOf,
  begin,
  call,
  callbackOf,
  form,
  FORM,
  grantOf,
  newParty,
  PAR,
  PERSON,
  proveByPin,
  register,
  requestOf,
  signIn,
  TOKEN,
  userinfo,
  type Begun,
  type Party,
} from '../support/rp.ts'
import { pairsOf, scriptedBrowser, send, type Got, type Page } from '../support/scripted-browser.ts'

const MARK = 'hostile4711'
const SCRIPT = `"><script>${MARK}</script>`

describe('A hostile request to every door gets a clear error and changes nothing', function () {
  this.timeout(60_000)
  let here: BrokerHere
  let shop: Party
  let victim: Begun
  let victimAsked: Page
  let attacker: Begun
  let before1: number

  const count = (): number => causedEvents(here.data).length

  before(async () => {
    here = await brokerHere()
    shop = await register(here, await newParty('shop'))
    victim = await begin(here, shop)
    victimAsked = await victim.browser.submit(victim.page, 'form-choose', { values: { individual_id: PERSON.id, factor: 'pin' } })
    attacker = await begin(here, shop)
    before1 = count()
  })

  afterEach(() => {
    const expected = before1
    before1 = count()
    expect(before1, 'new events').to.equal(expected)
  })

  after(() => here.end())

  /** Whatever stands in an answer to something hostile. */
  const expectPlain = ({ status, body, headers }: Pick<Got, 'status' | 'body' | 'headers'>, what: string): void => {
    expect(status, what).to.be.within(200, 499)
    expect(body, what).not.to.include(`<script>${MARK}`)
    expect(JSON.stringify(headers), what).not.to.include(MARK)
    expect(body, `${what}: a stack`).not.to.match(/\.[jt]s:\d+|node_modules|\bat \S+ \(/)
    expect(headers['x-powered-by'], what).to.be.undefined
  }
  const expectRefused = (got: Got, what: string, status?: number): void => {
    expectPlain(got, what)
    expect(got.status, `${what}: ${got.body.slice(0, 200)}`).to.be.within(400, 499)
    if (status !== undefined) expect(got.status, what).to.equal(status)
    expect(got.body.length, `${what}: says something`).to.be.greaterThan(10)
  }

  /** The door's address in somebody else's login. */
  const addressOf = ({ path }: Route): string =>
    path.replace(':transaction', victim.transaction).replace(':step', 'pin').replace(':file', 'nothing.css')

  const byPath = [...Map.groupBy(routes, ({ path }) => path)]

  for (const [path, doors] of byPath) {
    const door = doors[0] as Route
    const methods = doors.map(({ method }) => method as string)
    const answersHead = doors.some(({ method, records }) => method === 'GET' && records !== true)

    describe(path, () => {
      it('wrong methods: 405 with Allow', async () => {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'HEAD', 'PROPFIND']) {
          if (methods.includes(method) || (method === 'HEAD' && answersHead)) continue
          const got = await send(here.issuer, { method, path: addressOf(door) })
          expectPlain(got, `${method} ${path}`)
          // POST of a page that is only read is a step without a name, and the reverse.
          expect(got.status, `${method} ${path}`).to.equal(405)
          expect(got.headers['allow'], `${method} ${path}`).not.to.be.undefined
        }
      })

      if (answersHead)
        it('HEAD says what GET says, without a body', async () => {
          const [got, head] = [
            await send(here.issuer, { path: addressOf(door) }),
            await send(here.issuer, { method: 'HEAD', path: addressOf(door) }),
          ]
          expect(head.status).to.equal(got.status)
          expect(head.body).to.equal('')
        })

      it('repeated parameters, control characters, broken encodings, too many, too long', async () => {
        const queries = [
          'client_id=shop&client_id=other',
          `x=${encodeURIComponent(SCRIPT)}&x=2`,
          'ui_locales=en&ui_locales=fr',
          'state=a%0d%0aSet-Cookie:%20x=1',
          `x=%00${MARK}`,
          'x=%zz',
          'x=%c0%af',
          'x=%ed%a0%80',
          Array.from({ length: 101 }, (_, index) => `p${index}=1`).join('&'),
          `${'n'.repeat(101)}=1`,
        ]
        for (const text of queries) {
          if (methods.includes('GET'))
            expectRefused(await send(here.issuer, { path: `${addressOf(door)}?${text}` }), `GET ${path}?${text.slice(0, 40)}`)
          if (methods.includes('POST'))
            expectRefused(
              await send(here.issuer, { method: 'POST', path: addressOf(door), headers: FORM, body: text }),
              `POST ${path} ${text.slice(0, 40)}`,
            )
        }
      })

      if (methods.includes('POST')) {
        it('a body of another type, of another charset, compressed', async () => {
          const types = [
            'application/json',
            'text/plain',
            'multipart/form-data; boundary=x',
            'application/x-www-form-urlencoded; charset=utf-16',
            '',
          ]
          for (const type of types) {
            const headers = type === '' ? {} : { 'content-type': type }
            expectRefused(
              await send(here.issuer, { method: 'POST', path: addressOf(door), headers, body: '{"client_id":"shop"}' }),
              `${type} ${path}`,
            )
          }
          const headers = { ...FORM, 'content-encoding': 'gzip' }
          expectRefused(await send(here.issuer, { method: 'POST', path: addressOf(door), headers, body: 'a=b' }), `gzip ${path}`)
        })

        it('10 MB: 413, and not read to the end', async () => {
          const body = `x=${'a'.repeat(10 * 1024 * 1024)}`
          const got = await send(here.issuer, { method: 'POST', path: addressOf(door), headers: FORM, body })
          expectRefused(got, `10 MB to ${path}`, 413)
          const chunked = await send(here.issuer, {
            method: 'POST',
            path: addressOf(door),
            headers: { ...FORM, 'transfer-encoding': 'chunked', 'content-length': [] },
            body,
          })
          expectRefused(chunked, `10 MB in chunks to ${path}`, 413)
        })

        it('parameters in the query and in the body at once', async () => {
          const got = await send(here.issuer, {
            method: 'POST',
            path: `${addressOf(door)}?client_id=other`,
            headers: FORM,
            body: 'client_id=shop',
          })
          expectRefused(got, `both at ${path}`)
        })
      }

      it('huge cookies and headers, another Host, forged forwarding', async () => {
        for (const method of methods) {
          const path = addressOf(door)
          const body = method === 'POST' ? { body: 'a=b' } : {}
          const type = method === 'POST' ? FORM : {}
          const huge = await send(here.issuer, { method, path, headers: { ...type, cookie: `a=${'b'.repeat(100_000)}` }, ...body })
          expect(huge.status).to.be.within(400, 499)
          const many = Array.from({ length: 500 }, (_, index) => `tx-${String(index).padStart(8, '0')}=1.${'A'.repeat(4)}`).join('; ')
          expectPlain(
            await send(here.issuer, { method, path, headers: { ...type, cookie: many.slice(0, 12_000) }, ...body }),
            'many cookies',
          )
          const evil = {
            host: 'evil.example',
            'x-forwarded-host': 'evil.example',
            'x-forwarded-proto': 'https',
            forwarded: 'host=evil.example',
          }
          const elsewhere = await send(here.issuer, { method, path, headers: { ...type, ...evil }, ...body })
          expectPlain(elsewhere, 'another Host')
          expect(`${elsewhere.body}${JSON.stringify(elsewhere.headers)}`, 'attack 21').not.to.include('evil.example')
          // Any post to it begins a login of the person's own page, as a visit of a relying party does.
          if (path === '/my/sign-in') before1 = count()
        }
      })
    })
  }

  describe('requests that cannot begin a login', () => {
    const deep = `{"userinfo":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`
    const wide = JSON.stringify({ userinfo: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`claim_${index}`, null])) })
    const wrongClaims: readonly (readonly [string, string])[] = [
      ['deep', deep.slice(0, 16_000)],
      ['deep and closed', `{"userinfo":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`],
      ['wide', wide.slice(0, 15_000)],
      ['a list', '[]'],
      ['no JSON', SCRIPT],
      ['of a wrong shape', '{"userinfo":{"name":{"essential":"yes"}}}'],
      ['a number', '{"userinfo":7}'],
    ]
    for (const [what, claims] of wrongClaims)
      it(`claims that are ${what} (attack 26)`, async () => {
        const { members } = await requestOf(shop, { with: { claims } })
        const direct = await scriptedBrowser(here.issuer).get(`/authorize?${form(members)}`)
        if (direct.status === 303) expect(callbackOf(direct).searchParams.get('error')).to.equal('invalid_request')
        else expect(direct.status).to.be.within(400, 499)
        const pushed = await call(here, shop, PAR, members)
        expect([pushed.status, pushed.json['error']]).to.deep.equal([400, 'invalid_request'])
      })

    it('a browser that looks ahead records nothing (rule 23)', async () => {
      const { members } = await requestOf(shop)
      for (const headers of [{ 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }, { 'x-moz': 'prefetch' }]) {
        const got = await send(here.issuer, { path: `/authorize?${form(members)}`, headers })
        expect(got.status).to.equal(204)
        expect(got.cookies).to.deep.equal([])
      }
    })

    it('clients and redirect URIs that nobody registered, without an echo and without a way away (attack 20)', async () => {
      const { members } = await requestOf(shop)
      const wrong = [
        { client_id: SCRIPT },
        { client_id: '../../etc/passwd' },
        { client_id: '__proto__' },
        { redirect_uri: 'https://shop.example.evil.example/cb' },
        { redirect_uri: 'https://shop.example/cb?x=1' },
        { redirect_uri: 'javascript:alert(1)' },
        { redirect_uri: `https://evil.example/${SCRIPT}` },
        { redirect_uri: undefined },
      ]
      for (const more of wrong) {
        const given = Object.entries({ ...members, ...more }).filter((entry): entry is [string, string] => entry[1] !== undefined)
        const got = await send(here.issuer, { path: `/authorize?${form(Object.fromEntries(given))}` })
        expectRefused(got, JSON.stringify(more))
        expect(got.headers['location']).to.be.undefined
        expect(got.body).not.to.include('evil.example').and.not.include('javascript:')
      }
    })

    it('request URIs of nobody', async () => {
      for (const uri of [
        'urn:ietf:params:oauth:request_uri:x',
        `urn:ietf:params:oauth:request_uri:tx_${'0'.repeat(24)}.${'A'.repeat(43)}`,
        'https://evil.example/request',
      ]) {
        const got = await send(here.issuer, { path: `/authorize?${form({ client_id: shop.id, request_uri: uri })}` })
        expectRefused(got, uri)
      }
    })
  })

  describe('somebody else’s login (rules 17, 23 and 25)', () => {
    const csrfOf = (page: Page, id: string): string => page.form(id).fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const right = (): readonly (readonly [string, string])[] => pairsOf(victimAsked.form('form-pin'), { values: { pin: PERSON.pin } })

    it('is not opened without the cookie, or with the cookie of another login', async () => {
      for (const jar of [new Map<string, string>(), attacker.browser.cookies]) {
        const stranger = scriptedBrowser(here.issuer, jar)
        for (const path of [victim.base, `${victim.base}/choose`]) {
          const page = await stranger.get(path)
          expect(page.status).to.equal(403)
          expect(page.html).not.to.include('shop').and.not.include('571')
        }
        for (const step of ['choose', 'resend', 'otp', 'pin', 'password', 'consent', 'cancel', 'extend', 'restart'])
          expect((await stranger.post(`${victim.base}/${step}`, right())).status, step).to.equal(403)
      }
    })

    it('a cookie whose value is another login’s secret, planted twice, or empty', async () => {
      const [[name = '', value = ''] = []] = victim.browser.cookies
      const [[, others = ''] = []] = attacker.browser.cookies
      for (const cookie of [`${name}=${others}`, `${name}=${value}; ${name}=${value}`, `${name}=`, `${name}=1.${'A'.repeat(43)}`]) {
        const got = await send(here.issuer, { path: victim.base, headers: { cookie } })
        expectRefused(got, cookie.slice(0, 20), 403)
      }
    })

    it('a missing, foreign or wrong form token', async () => {
      const foreign = csrfOf(attacker.page, 'form-choose')
      for (const csrf of [undefined, '', foreign, 'A'.repeat(43), SCRIPT]) {
        const pairs = [...right().filter(([name]) => name !== 'csrf'), ...(csrf === undefined ? [] : [['csrf', csrf] as const])]
        const page = await victim.browser.post(`${victim.base}/pin`, pairs)
        expect(page.status, String(csrf)).to.equal(403)
        expect(page.html).not.to.include(`<script>${MARK}`)
      }
    })

    it('posted from another origin, or from nowhere', async () => {
      const origins: readonly Readonly<Record<string, string>>[] = [
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
        { origin: here.issuer, 'sec-fetch-site': 'cross-site' },
        { origin: 'null', 'sec-fetch-site': 'cross-site' },
        { origin: here.issuer.replace('http:', 'https:') },
        { origin: `${here.issuer}.evil.example` },
      ]
      for (const headers of origins)
        expect((await victim.browser.post(`${victim.base}/pin`, right(), headers)).status, JSON.stringify(headers)).to.equal(403)
    })

    it('steps that do not exist', async () => {
      for (const step of ['__proto__', 'constructor', 'toString', 'CONSENT', 'otp%2f..', 'x'.repeat(300)]) {
        const got = await victim.browser.post(`${victim.base}/${step}`, right())
        expect(got.status, step).to.be.within(400, 499)
      }
      for (const path of [
        '/login/',
        '/login/tx_',
        `/login/${victim.transaction}/`,
        `/login/${victim.transaction}/pin/x`,
        `//evil.example/login`,
        '/login/%2e%2e%2fauthorize',
        '/%',
        '/static/..%2f..%2fsrc%2fmain.ts',
        '/static/%2e%2e',
      ]) {
        const got = await send(here.issuer, { path })
        expectRefused(got, path)
        expect(got.headers['location'], path).to.be.undefined
      }
    })

    it('steps that are not next, with all that belongs to them', async () => {
      for (const step of ['consent', 'restart']) {
        const page = await victim.browser.post(
          `${victim.base}/${step}`,
          [...right(), ['action', 'accept']].filter(([name], index, all) => all.findIndex(([other]) => other === name) === index) as [
            string,
            string,
          ][],
        )
        expect(page.status, step).to.be.oneOf([200, 409, 422, 400, 429])
      }
    })

    it('what can be no proof of the factor is no attempt', async () => {
      for (const pin of ['', 'abcdef', '12345', '1234567', SCRIPT, '5'.repeat(5000)]) {
        const page = await victim.browser.submit(victimAsked, 'form-pin', { values: { pin } })
        expect(page.status).to.equal(422)
        expect(page.html).not.to.include(MARK)
      }
    })
  })

  describe('tokens and assertions', () => {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    const present = async (path: string, assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Got> =>
      send(here.issuer, {
        method: 'POST',
        path,
        headers: FORM,
        body: form({ client_assertion: assertion, client_assertion_type: type, ...more }),
      })

    it('assertions that prove nothing (attacks 7 to 11)', async () => {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: 'shop', sub: 'shop', aud: here.issuer, jti: randomUUID(), iat: now, exp: now + 60 }
      const unsigned = new UnsecuredJWT(claims).encode()
      const jwks = shop.registration['jwks'] as { readonly keys: readonly Readonly<Record<string, unknown>>[] }
      const hmac = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: shop.kid })
        .sign(new TextEncoder().encode(JSON.stringify(jwks.keys[0])))
      const stranger = await newParty('shop')
      const own = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', jwk: (stranger.registration['jwks'] as { keys: never[] }).keys[0] as never })
        .sign(stranger.key)
      const odd = async (header: Readonly<Record<string, unknown>>): Promise<string> =>
        new SignJWT({ ...claims, jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', kid: shop.kid, ...header }).sign(stranger.key)
      const assertions = [
        unsigned,
        hmac,
        own,
        await odd({ jku: 'http://169.254.169.254/keys' }),
        await odd({ x5u: 'http://127.0.0.1/keys' }),
        await odd({ kid: "' OR 1=1 --" }),
        await odd({ kid: '../../keys/signing' }),
        'a.b.c',
        '...',
        `${'A'.repeat(60_000)}.A.A`.slice(0, 19_000),
        SCRIPT,
      ]
      for (const assertion of assertions)
        for (const path of [PAR, TOKEN]) {
          const got = await present(path, assertion)
          expectRefused(got, assertion.slice(0, 30))
          expect(JSON.parse(got.body)).to.include({ error: 'invalid_client' })
        }
    })

    it('codes of nobody, with a client that is good', async () => {
      for (const code of [
        'x',
        SCRIPT,
        `tx_${'0'.repeat(24)}.${'A'.repeat(43)}`,
        `${victim.transaction}.${'A'.repeat(43)}`,
        victim.transaction,
      ]) {
        const { status, json } = await call(here, shop, TOKEN, grantOf(shop, { code, verifier: victim.verifier }))
        expect([status, json['error']]).to.deep.equal([400, 'invalid_grant'])
      }
      for (const grant_type of ['client_credentials', 'refresh_token', 'password', SCRIPT]) {
        const { status, json } = await call(here, shop, TOKEN, { ...grantOf(shop, { code: 'x', verifier: victim.verifier }), grant_type })
        expect([status, json['error']]).to.deep.equal([400, 'unsupported_grant_type'])
      }
    })

    it('access tokens of nobody', async () => {
      const forged = new UnsecuredJWT({ jti: `${victim.transaction}.${'A'.repeat(22)}`, sub: 'x' }).encode()
      for (const token of ['x', 'a.b.c', forged, await assertionOf(here, shop), '"'.repeat(10), 'A'.repeat(5000)]) {
        const got = await userinfo(here, token)
        expectRefused(got, token.slice(0, 20), 401)
        expect(got.headers['www-authenticate']).to.match(/^Bearer /)
      }
    })
  })

  it('a body that trickles ends within its time, and holds up nobody else', async () => {
    const { port } = new URL(here.issuer)
    const began = performance.now()
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `POST ${TOKEN} HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: ${FORM['content-type']}\r\ncontent-length: 1000\r\n\r\na=`,
    )
    let answer = ''
    socket.on('data', (text: Buffer) => (answer += text.toString()))
    socket.on('error', () => undefined)
    expect((await send(here.issuer, { path: '/health/live' })).status).to.equal(200)
    await once(socket, 'close')
    expect(performance.now() - began).to.be.below(25_000)
    expect(answer).to.match(/^HTTP\/1\.1 4\d\d /)
  })

  // These make events of their own, which are then the measure.
  it('a form that is sent again changes nothing, at every step', async () => {
    const begun = await begin(here, shop)
    const asked = await begun.browser.submit(begun.page, 'form-choose', { values: { individual_id: '1774231323', factor: 'pin' } })
    const consent = await begun.browser.submit(asked, 'form-pin', { values: { pin: '111111' } })
    const authenticated = count()
    for (const [page, id, values] of [
      [begun.page, 'form-choose', { individual_id: '1774231323', factor: 'pin' }],
      [asked, 'form-pin', { pin: '111111' }],
      [asked, 'form-pin', { pin: '222222' }],
    ] as const) {
      const again = await begun.browser.submit(page, id, { values })
      expect(again.status).to.be.within(200, 499)
      expect(count(), id).to.equal(authenticated)
    }
    const wider = await begun.browser.post(consent.form('form-consent').action, [
      ...pairsOf(consent.form('form-consent'), { button: 'accept' }),
      ['claims', 'picture'],
      ['scopes', 'admin'],
    ])
    expect(wider.status, 'what was not asked for cannot be agreed to').to.equal(400)
    expect(count()).to.equal(authenticated)
    const code = callbackOf(await accept(begun.browser, consent)).searchParams.get('code')
    const coded = count()
    expect(callbackOf(await accept(begun.browser, consent)).searchParams.get('code')).to.equal(code)
    const cancelled = await begun.browser.submit(consent, 'form-consent', { button: 'cancel' })
    expect(cancelled.url.searchParams.get('error'), 'too late to refuse').to.be.null
    await begun.browser.submit(begun.page, 'form-cancel')
    await proveByPin({ browser: begun.browser, page: begun.page }).catch(() => undefined)
    expect(count()).to.equal(coded)
    before1 = coded
  })

  it('a flood of requests at /authorize is limited per client and network (rule 23)', async () => {
    const limited = await brokerHere({ env: { ESIGNET_REQUESTS_PER_MINUTE: '10' } })
    try {
      const party = await register(limited, await newParty('busy'))
      const statuses: number[] = []
      for (let number = 0; number < 12; number += 1) statuses.push((await begin(limited, party)).page.status)
      expect(statuses.slice(0, 10)).to.deep.equal(Array.from({ length: 10 }, () => 200))
      expect(statuses.slice(10)).to.deep.equal([429, 429])
      const { headers } = (await begin(limited, party)).page
      expect(Number(headers['retry-after'])).to.be.within(1, 60)
      // Nobody else suffers.
      const quiet = await register(limited, await newParty('quiet'))
      expect((await begin(limited, quiet)).page.status).to.equal(200)
    } finally {
      await limited.end()
    }
  })

  it('nothing that anybody sent stands in the log', async () => {
    await signIn(here, shop, { id: PERSON.id })
    before1 = count()
    expect(here.log()).not.to.include(MARK)
    expect(here.log()).not.to.include(PERSON.id)
  })
})
