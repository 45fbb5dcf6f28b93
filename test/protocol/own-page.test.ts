import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { OWN_CLIENT } from '../../domain/client/own.ts'
import { keysIn, verifyReceipt } from '../../src/consents/verify-receipt.ts'
import { problemsIn } from '../support/response-schema.ts'
import { readEvents } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { accept, begin, newParty, PERSON, proveByPin, redeem, register, signIn, userinfo, type Party } from '../support/rp.ts'
import { scriptedBrowser, send, type Page, type ScriptedBrowser } from '../support/scripted-browser.ts'

type Json = Readonly<Record<string, unknown>>

const SHOP = { purpose: 'To greet you', postal_address: '1 Market Square, Almaria', policy_uri: 'https://shop.example/privacy' }
const AUTHORITY = { name: { en: 'Data protection authority' }, url: 'https://dpa.example', address: '3 Court Lane, Almaria' }
const BRAND = { address: '2 Register Street, Almaria', authority: AUTHORITY }

/** What ISO/IEC TS 27560:2023 wants once of each, and our names for it. */
const ONCE = {
  record: ['schema_version', 'record_id', 'pii_principal_id', 'pii_processing', 'party_identification', 'events'],
  processing: [
    ...['privacy_notice', 'language', 'purpose', 'lawful_basis', 'pii_information', 'pii_controllers', 'storage_locations'],
    ...['retention_period', 'jurisdiction', 'recipient_third_parties', 'withdrawal_method', 'privacy_rights'],
  ],
  party: ['party_id', 'party_type', 'party_role', 'party_name', 'party_address', 'party_contact'],
  event: ['event_time', 'event_type', 'event_state', 'validity_duration', 'entity_id'],
}
const lacking = (of: readonly string[], one: Json): readonly string[] =>
  of.filter((name) => one[name] === undefined || one[name] === null || one[name] === '')

describe('REG-05, REG-10: the person’s own page', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let shop: Party
  let clinic: Party

  before(async () => {
    here = await brokerHere({ env: { ESIGNET_BRAND: JSON.stringify(BRAND) } })
    shop = await register(here, await newParty('shop', 'ES256', SHOP))
    clinic = await register(here, await newParty('clinic'))
  })
  after(() => here.end())

  /** From the door to the page, counting what a person presses. */
  const open = async (
    id = PERSON.id,
    pin = PERSON.pin,
    browser = scriptedBrowser(here.issuer),
  ): Promise<{ readonly browser: ScriptedBrowser; readonly page: Page }> => {
    const door = await browser.get('/my')
    const page = await browser.submit(door, 'form-sign-in')
    return { browser, page: await proveByPin({ browser, page }, id, pin) }
  }
  /** A browser that counts what is pressed in it. */
  const counted = () => {
    const browser = scriptedBrowser(here.issuer)
    let presses = 0
    const submit: ScriptedBrowser['submit'] = (...asked) => {
      presses += 1
      return browser.submit(...asked)
    }
    return { browser: { ...browser, submit }, presses: () => presses }
  }
  const idIn = (page: Page): string => /form-withdraw-([A-Za-z0-9_-]{43})/.exec(page.html)?.[1] ?? ''

  it('opens by proving who one is: no code, no consent, no token; the cookie goes nowhere else', async () => {
    const { browser, page } = await open()
    expect(page.url.pathname).to.equal('/my')
    expect(page.headers['cache-control']).to.include('no-store')
    expect(page.headers['content-security-policy']).to.include("form-action 'self';")
    const [cookie] = [...browser.cookies].filter(([name]) => name === 'my')
    expect(cookie?.[1]).to.match(/^[A-Za-z0-9_-]{43}$/)
    const types = readEvents(here.data, `s.name LIKE 'authorization-%'`).map(({ type }) => type)
    expect(types).to.include('PageOpened').and.not.to.include('ConsentGiven').and.not.to.include('CodeIssued')
    const written = JSON.stringify(readEvents(here.data))
    expect(written)
      .not.to.include(cookie?.[1] ?? '-')
      .and.not.to.include(PERSON.id)
  })

  it('REG-10: shows who asked, what was asked and got, when and how it ended; and the same as a file', async () => {
    const done = await signIn(here, shop, { tick: ['email'] })
    const { json } = await redeem(here, shop, done)
    expect((await userinfo(here, String(json['access_token']))).status).to.equal(200)
    const begun = await begin(here, clinic)
    await begun.browser.submit(await proveByPin(begun), 'form-consent', { button: 'cancel' })
    const { browser, page } = await open()
    for (const words of ['The shop', 'The clinic', 'To greet you', 'You said no on', 'You did not share', 'You signed in', 'Email address'])
      expect(page.html, words).to.include(words)
    expect(page.html).not.to.include(PERSON.id)
    const file = await browser.get('/my/download')
    expect(file.headers['content-disposition']).to.include('attachment')
    const data = JSON.parse(file.html) as { agreements: readonly Json[]; logins: readonly Json[]; complete: boolean }
    expect(problemsIn('my-data', data)).to.deep.equal([])
    expect(data.complete).to.equal(true)
    expect(data.agreements.map(({ client, status }) => [client, status])).to.have.deep.members([
      ['shop', 'given'],
      ['clinic', 'refused'],
    ])
    const [own, denied, signed] = data.logins
    expect(own).to.include({ client: OWN_CLIENT, end: 'done' })
    expect(denied).to.deep.include({ client: 'clinic', end: 'denied', got: [] })
    expect(signed).to.include({ client: 'shop', end: 'done', transaction: done.transaction })
    expect(signed?.['got']).to.have.members(['name', 'birthdate', 'email'])
  })

  it('nobody else sees it: another person has a page of their own', async () => {
    const { browser, page } = await open('1774231323', '111111')
    expect(page.html).to.include('You have not agreed to anything yet.')
    const data = JSON.parse((await browser.get('/my/download')).html) as { logins: readonly Json[]; agreements: readonly Json[] }
    expect(data.agreements).to.deep.equal([])
    expect(data.logins.map(({ client }) => client)).to.deep.equal([OWN_CLIENT])
  })

  it('REG-05: taking back takes no more presses than giving, and is done when it is answered', async () => {
    const giving = counted()
    const done = await signIn(here, shop, { tick: ['email'], browser: giving.browser, with: { prompt: 'consent' } })
    // The press at the shop itself comes before the first page.
    const given = giving.presses() + 1
    const { json } = await redeem(here, shop, done)
    const token = String(json['access_token'])
    expect((await userinfo(here, token)).status).to.equal(200)
    const taking = counted()
    const { browser, page } = await open(PERSON.id, PERSON.pin, taking.browser)
    const consent = idIn(page)
    const after = await browser.submit(page, `form-withdraw-${consent}`)
    expect(taking.presses(), 'presses to take back').to.be.at.most(given)
    expect(after.html).to.include('Your agreement is taken back')
    expect((await userinfo(here, token)).status).to.equal(401)
    expect(after.has(`form-withdraw-${consent}`)).to.equal(false)
    expect(after.html).to.include('You took it back on')
    const again = await begin(here, shop)
    expect((await proveByPin(again)).has('form-consent')).to.equal(true)
    await accept(again.browser, await again.browser.get(again.base))
  })

  it('REG-02: its receipts are checked with the published keys alone, and hold no identifier but the pseudonymous one', async () => {
    const { browser, page } = await open()
    const links = [...page.html.matchAll(/href="(\/my\/receipts\/[^"]+)"/g)].map(([, href = '']) => href)
    expect(links).to.have.length(4)
    const published = (await send(here.issuer, { path: '/.well-known/receipt-keys.json' })).body
    const states: unknown[] = []
    for (const link of links) {
      const { html: receipt, headers } = await browser.get(link)
      expect(headers['content-type']).to.equal('application/jose')
      const verdict = verifyReceipt(receipt, keysIn(published) ?? [])
      if (!verdict.ok) throw new Error(verdict.problem)
      expect(problemsIn('consent-receipt', verdict.receipt)).to.deep.equal([])
      const told = verdict.receipt as Json & Readonly<Record<'pii_processing' | 'party_identification' | 'events', readonly Json[]>>
      const parts = [
        ...lacking(ONCE.record, told),
        ...told.pii_processing.flatMap((one) => lacking(ONCE.processing, one)),
        ...told.party_identification.flatMap((one) => lacking(ONCE.party, one)),
        ...told.events.flatMap((one) => lacking(ONCE.event, one)),
      ]
      expect(parts).to.deep.equal([])
      expect(told.party_identification.map((one) => one['party_address'])).to.deep.equal([
        ...[SHOP.postal_address, BRAND.address, AUTHORITY.address],
      ])
      states.push((verdict.receipt['events'] as readonly Json[]).at(-1)?.['event_state'])
      expect(JSON.stringify(verdict.receipt)).not.to.include(PERSON.id).and.not.to.include('tx_')
      const bytes = receipt.trim().split('.')
      const changed = [
        bytes[0],
        Buffer.from(
          Buffer.from(bytes[1] ?? '', 'base64url')
            .toString()
            .replace('"given"', '"renew"'),
        ).toString('base64url'),
        bytes[2],
      ]
      expect(verifyReceipt(changed.join('.'), keysIn(published) ?? []).ok).to.equal(false)
      expect(verifyReceipt(receipt, []).ok).to.equal(false)
    }
    expect(states).to.deep.equal(['given', 'renewed', 'withdrawn', 'given'])
    const stranger = await browser.get(`/my/receipts/${'A'.repeat(43)}/0`)
    expect(stranger.status).to.equal(404)
  })

  it('forms of others do nothing, and a session that is over opens nothing (rule 25)', async () => {
    const { browser, page } = await open()
    const consent = idIn(page)
    const secret = browser.cookies.get('my') ?? ''
    const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie: `my=${secret}` }
    const post = (path: string, body: string, more = {}) =>
      send(here.issuer, { method: 'POST', path, headers: { ...headers, ...more }, body })
    expect((await post('/my/withdraw', `consent=${consent}`, { origin: 'https://evil.example' })).status).to.equal(403)
    expect((await post('/my/withdraw', `consent=${consent}`, { origin: here.issuer })).status).to.equal(403)
    expect((await post('/my/sign-in', '', { origin: 'https://evil.example' })).status).to.equal(403)
    expect((await browser.get('/my')).has(`form-withdraw-${consent}`)).to.equal(true)
    const out = await browser.submit(await browser.get('/my'), 'form-logout')
    expect(out.html).to.include('You are signed out')
    for (const path of ['/my/download', `/my/receipts/${consent}/0`]) {
      const replayed = await send(here.issuer, { path, headers: { cookie: `my=${secret}`, accept: 'application/json' } })
      expect(replayed.status, path).to.equal(401)
      expect(JSON.parse(replayed.body)).to.include({ error: 'login_required' })
      const shown = await send(here.issuer, { path, headers: { cookie: `my=${secret}`, accept: 'text/html,*/*;q=0.8' } })
      expect(shown.headers['content-type'], path).to.include('text/html')
      expect(shown.body).to.include('form-sign-in')
    }
  })

  it('closes after ten minutes, and gives more time when it is asked for (WCAG 2.2.1)', async () => {
    const { browser } = await open()
    here.clock.pass(590)
    const later = await browser.submit(await browser.get('/my'), 'form-extend')
    expect(later.has('logins')).to.equal(true)
    here.clock.pass(590)
    expect((await browser.get('/my')).has('logins')).to.equal(true)
    here.clock.pass(11)
    expect((await browser.get('/my')).has('form-sign-in')).to.equal(true)
  })

  it('nobody begins its sign-in from elsewhere, and it never leads to a code', async () => {
    const path = `/authorize?client_id=${OWN_CLIENT}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${here.issuer}/my`)}`
    expect((await send(here.issuer, { path })).status).to.equal(400)
    const browser = scriptedBrowser(here.issuer)
    const page = await browser.submit(await browser.get('/my'), 'form-sign-in')
    const transaction = /tx_[0-9a-z]{24}/.exec(page.url.pathname)?.[0] ?? ''
    const { csrf } = Object.fromEntries(page.form('form-choose').fields.map(({ name, value }) => [name, value]))
    await proveByPin({ browser, page })
    await browser.post(`/login/${transaction}/consent`, [
      ['csrf', csrf ?? ''],
      ['action', 'accept'],
    ])
    const types = readEvents(here.data, `s.name = 'authorization-${transaction}'`).map(({ type }) => type)
    expect(types.at(-1)).to.equal('PageOpened')
  })
})
