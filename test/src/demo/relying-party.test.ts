import { describe, it, before, beforeEach, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWK } from 'jose'
import template from '../../../ops/demo/client.json' with { type: 'json' }
import { describe as describeMock } from '../../../adapters/id-system/mock/plugin.ts'
import { demoClientMetadata, DEMO_CLIENT_ID, demoKey } from '../../../src/demo/registration.ts'
import { demoRelyingParty, redirectUriOf } from '../../../src/demo/relying-party.ts'
import { openDemoServer, type DemoServer } from '../../../src/demo/server.ts'
import type { DemoHandler, DemoReply, OutboxMessage } from '../../../src/demo/views.ts'
import { brandOf } from '../../../src/ui/brand.ts'
import { makeStatics } from '../../../src/ui/statics.ts'
import { checkBody } from '../../../schemas/check.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock } from '../../support/hand-clock.ts'
import { logBook, systemTimers } from '../../support/plugin-world.ts'
import { fakeBroker, ISSUER, type FakeBroker, type Lies } from './fake-broker.ts'

const ORIGIN = 'http://127.0.0.1:8089'
const brand = brandOf({})
const statics = makeStatics(brand)

const message: OutboxMessage = {
  transaction: 'tx_1',
  channel: 'sms',
  to: '…0171',
  otp: '482915',
  at: '2026-11-24T12:00:00.000Z',
  clientName: 'Harbour Savings Bank',
  reference: 'KQ7M',
}

describe('the bank of the demonstration', () => {
  let folder: string
  let key: JWK
  let broker: FakeBroker
  let bank: DemoHandler
  let cookie: string | undefined
  const clock = handClock()
  const book = logBook()

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'))
    key = await demoKey(join(folder, 'demo', 'relying-party.jwk'), systemChance)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  beforeEach(async () => {
    const metadata = demoClientMetadata(key, redirectUriOf(ORIGIN), describeMock().claims)
    broker = await fakeBroker(clock, () => metadata['jwks'] as unknown as { keys: JWK[] })
    bank = await demoRelyingParty({
      issuer: ISSUER,
      clientId: DEMO_CLIENT_ID,
      privateJwk: key,
      origin: ORIGIN,
      fetch: broker.fetch,
      clock,
      chance: systemChance,
      timers: systemTimers,
      log: book.log,
      brand,
      statics,
      outbox: async () => [message],
      notices: async () => [],
    })
    cookie = undefined
  })

  const ask = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<DemoReply> =>
    bank({ method, url, headers: { host: '127.0.0.1:8089', ...(cookie !== undefined && { cookie }), ...headers } })

  /** As a browser does: keeps the cookie. */
  const visit = async (url: string): Promise<DemoReply> => {
    const reply = await ask(url)
    const set = reply.headers['set-cookie']
    if (set !== undefined) cookie = set.includes('Max-Age=0') ? undefined : set.split(';')[0]
    return reply
  }
  const leave = async (url = '/login'): Promise<string> => (await visit(url)).headers['location'] ?? ''
  const signIn = async (url = '/login', changes: Record<string, string | undefined> = {}): Promise<string> => {
    const back = await visit(broker.answer(await leave(url), changes))
    expect(back.status).to.equal(303)
    return String((await visit(back.headers['location'] ?? '')).body)
  }

  it('sends the browser off with state, nonce and PKCE, and asks for two details that it needs and some that it does not', async () => {
    const url = new URL(await leave('/login?ui_locales=ar'))
    expect(url.origin + url.pathname).to.equal(`${ISSUER}/authorize`)
    const query = Object.fromEntries(url.searchParams)
    expect(query).to.include({
      response_type: 'code',
      client_id: 'demo-relying-party',
      redirect_uri: `${ORIGIN}/callback`,
      scope: 'openid',
      code_challenge_method: 'S256',
      ui_locales: 'ar',
      claims_locales: 'en ar',
    })
    for (const member of ['state', 'nonce', 'code_challenge']) expect(query[member]).to.match(/^[A-Za-z0-9_-]{32,43}$/)
    const { userinfo } = JSON.parse(query['claims'] ?? '') as { userinfo: Record<string, { essential?: boolean } | null> }
    expect(Object.keys(userinfo).filter((claim) => userinfo[claim]?.essential)).to.deep.equal(['name', 'birthdate'])
  })

  it('signs in by code and shows what it received and checked', async () => {
    const shown = await signIn()
    expect(shown).to.include('Maya Rahimi').and.include('1987-11-25').and.include('مايا رحيمي').and.include('PKCE')
  })

  it('signs in by a pushed request: the browser carries a reference only (RFC 9126)', async () => {
    const url = await leave('/login?par')
    expect([...new URL(url).searchParams.keys()]).to.deep.equal(['client_id', 'request_uri'])
    const back = await visit(broker.answer(url))
    expect(String((await visit(back.headers['location']!)).body)).to.include('Maya Rahimi')
    expect(broker.requests()[0]?.has('client_assertion')).to.equal(true)
  })

  it('signs out, and forgets', async () => {
    await signIn()
    const old = cookie
    expect((await visit('/logout')).headers['location']).to.equal('/?signed-out')
    expect(String((await visit('/?signed-out')).body)).to.include('You have signed out')
    cookie = old
    expect(String((await visit('/')).body)).not.to.include('Maya')
  })

  it('keeps its session out of reach of scripts and other sites, and gives it a new name when somebody signs in', async () => {
    const reply = await visit('/login')
    expect(reply.headers['set-cookie']).to.match(/^demo-session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    const before = cookie
    await visit(broker.answer(reply.headers['location']!))
    expect(cookie).not.to.equal(before)
    cookie = before
    expect(String((await visit('/')).body)).not.to.include('Maya')
  })

  it('forgets a session after half an hour', async () => {
    await signIn()
    clock.pass(30 * 60 * 1000)
    expect(String((await visit('/')).body)).not.to.include('Maya')
  })

  it('takes an answer once, in the browser that asked, and for a sign-in that it began (RFC 9700 §4.7)', async () => {
    const answer = broker.answer(await leave())
    const mine = cookie
    for (const theirs of [undefined, 'demo-session=made-up']) {
      cookie = theirs
      expect((await visit(answer)).status).to.equal(400)
    }
    cookie = mine
    expect((await visit(answer.replace(/state=[^&]+/, 'state=other'))).status).to.equal(400)
    expect((await visit(answer)).status).to.equal(303)
    expect((await visit(answer)).status).to.equal(400)
  })

  it('two sign-ins in two tabs do not disturb each other', async () => {
    const [one, two] = [broker.answer(await leave()), broker.answer(await leave())]
    expect((await visit(two)).status).to.equal(303)
    expect((await visit(one)).status).to.equal(303)
  })

  it('says what the broker answered instead, once, and as text', async () => {
    const shown = await signIn('/login', { code: undefined, error: 'access_denied', error_description: '<b>The person refused</b>' })
    expect(shown).to.include('access_denied').and.include('&lt;b&gt;The person refused').and.not.include('<b>The person')
    expect(String((await visit('/')).body)).not.to.include('access_denied')
  })

  const disbelieved: Readonly<Record<string, readonly [lies: Lies, said: string]>> = {
    'an ID token of another sign-in (nonce)': [{ idToken: { nonce: 'other' } }, 'not for this sign-in'],
    'an ID token of another issuer': [{ idToken: { iss: 'http://localhost:9999' } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    'an ID token for another client': [{ idToken: { aud: 'another' } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    'an ID token that is over': [{ idToken: { exp: 1 } }, 'ERR_JWT_EXPIRED'],
    'an ID token of another access token (at_hash)': [{ idToken: { at_hash: 'other' } }, 'not for this access token'],
    'a signature of another key': [{ otherKey: true }, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    'details of another person (sub)': [{ userinfo: { sub: 'somebody else' } }, 'about another person'],
    'details for another client': [{ userinfo: { aud: 'another' } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    'details that are not signed': [{ userinfoJson: true }, 'not signed'],
    'a refusal at the token endpoint': [{ tokenError: { error: 'invalid_grant', error_description: 'spent' } }, 'spent'],
    'a discovery document of another issuer': [{ discovery: { issuer: 'http://localhost:9999' } }, 'of another issuer'],
  }
  for (const [what, [lies, said]] of Object.entries(disbelieved))
    it(`does not believe ${what}`, async () => {
      broker.lie(lies)
      const left = await leave()
      const shown = left === '/' ? String((await visit('/')).body) : await signIn()
      expect(shown).to.include(said).and.not.include('Maya')
    })

  it('does not believe an answer that names another issuer, or none (RFC 9207 §2.4)', async () => {
    for (const iss of ['http://localhost:9999', undefined]) expect(await signIn('/login', { iss })).to.include('another issuer')
  })

  it('lets the person try again when the broker is down', async () => {
    broker.lie({ down: true })
    expect(await leave()).to.equal('/')
    expect(String((await visit('/')).body)).to.include('broker_unavailable')
    broker.lie({})
    expect(await signIn()).to.include('Maya Rahimi')
  })

  it('logs no detail of a person', async () => {
    book.clear()
    broker.lie({ idToken: { nonce: 'other' } })
    await signIn()
    expect(book.lines()).to.deep.equal(['["demo_sign_in_failed",{"error":"answer_not_believed"}]'])
  })

  it('shows the mailbox to people as a page and to scripts as JSON', async () => {
    const listed = await ask('/demo/outbox', { accept: 'application/json' })
    expect(JSON.parse(String(listed.body))).to.deep.equal([message])
    expect(listed.headers).to.include({ 'content-type': 'application/json', vary: 'accept' })
    const shown = await ask('/demo/outbox', { accept: 'text/html,*/*' })
    expect(shown.body).to.include('KQ7M: 482915 is your code for Harbour Savings Bank').and.include('@localhost #482915')
  })

  it('answers under its own name only, by GET only, and begins nothing by HEAD', async () => {
    expect((await ask('/demo/outbox', { host: 'evil.example' })).status).to.equal(421)
    expect((await ask('/', {}, 'POST')).status).to.equal(405)
    expect((await ask('/login', {}, 'HEAD')).status).to.equal(405)
    expect((await ask('/', {}, 'HEAD')).status).to.equal(200)
    expect((await ask('/nothing')).status).to.equal(404)
    expect((await ask('//[')).status).to.be.oneOf([200, 404])
    for (const name of ['constructor', '__proto__']) expect((await ask(`/${name}`)).status).to.equal(404)
  })

  it('serves the files of its pages, and its pages load nothing else', async () => {
    for (const { path, type } of statics.files) expect((await ask(path)).headers['content-type']).to.equal(type)
    expect((await ask('/')).headers['content-security-policy'])
      .to.include("default-src 'none'")
      .and.include("frame-ancestors 'none'")
  })

  it('makes its key once, for its owner only, and registers the public part', async () => {
    const path = join(folder, 'demo', 'relying-party.jwk')
    expect(await demoKey(path, systemChance)).to.deep.equal(key)
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    const together = join(folder, 'together.jwk')
    const [one, two] = await Promise.all([demoKey(together, systemChance), demoKey(together, systemChance)])
    expect(one).to.deep.equal(two)
    expect(JSON.stringify(demoClientMetadata(key, ORIGIN, []))).not.to.include(String(key.d))
  })

  it('its registration is one that the broker takes, and asks for nothing that the mock does not have', () => {
    const metadata = demoClientMetadata(key, redirectUriOf(ORIGIN), describeMock().claims)
    expect(checkBody('client-registration', metadata)).to.deep.include({ ok: true })
    expect(metadata['claims']).to.deep.equal(template.claims)
    expect(demoClientMetadata(key, ORIGIN, ['name', 'card'])['claims']).to.deep.equal(['name'])
    expect(metadata).to.include({ client_id: 'demo-relying-party', profile: 'compatible' })
  })
})

describe('the server of the bank', () => {
  let server: DemoServer
  const book = logBook()
  before(async () => {
    server = await openDemoServer(0, book.log)
  })
  after(() => server.close())

  it('listens on 127.0.0.1 before it has a handler, then passes requests on', async () => {
    expect(server.origin).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetch(server.origin)).status).to.equal(503)
    server.handle(async ({ method, url, headers }) => ({
      status: 200,
      headers: { 'x-host': headers['host'] ?? '' },
      body: `${method} ${url} é`,
    }))
    const reply = await fetch(`${server.origin}/a?b`)
    expect(await reply.text()).to.equal('GET /a?b é')
    expect(reply.headers.get('x-host')).to.equal(new URL(server.origin).host)
    expect(await (await fetch(server.origin, { method: 'HEAD' })).text()).to.equal('')
    expect((await fetch(`${server.origin}/${'a'.repeat(9000)}`)).status).to.equal(414)
  })

  it('a handler that throws is a 500 without content', async () => {
    server.handle(async () => {
      throw new Error('482915')
    })
    const reply = await fetch(server.origin)
    expect([reply.status, await reply.text()]).to.deep.equal([500, 'Something broke here.\n'])
    expect(book.lines().join()).not.to.include('482915')
  })
})
