import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'mocha'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setFaults } from '../../adapters/id-system/mock/plugin.ts'
import { freePorts, readEvents, until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { cellsOf, expectNoCanary, filesOf } from '../support/canaries.ts'
import { startCollector, type Collector } from '../support/collector.ts'
import {
  accept,
  assertionOf,
  begin,
  call,
  callbackOf,
  configure,
  form,
  FORM,
  grantOf,
  newParty,
  PAR,
  redeem,
  register,
  requestOf,
  TOKEN,
  USERINFO,
  userinfo,
  type Begun,
  type Party,
} from '../support/rp.ts'
import { scriptedBrowser, send, type Page } from '../support/scripted-browser.ts'

/** The person of this test: every value is found nowhere else. */
const PERSON = {
  uin: '7319864205',
  vid: '6190284735516283',
  phone: '+999205559317',
  email: 'canary.person@mail.almaria.example',
  pin: '714093',
  password: 'Canary-Passw0rd-83',
  record: 'canaryrecord0001canary2',
}
const CLAIMS = {
  name: { languages: { en: 'Canaria Nachtigall', fr: 'Canarie Rossignol', ar: 'كناري العندليب', km: 'កាណារី បក្សី' } },
  given_name: { languages: { en: 'Canaria' } },
  family_name: { languages: { en: 'Nachtigall' } },
  birthdate: '1931-02-07',
  phone_number: PERSON.phone,
  email: PERSON.email,
  address: {
    formatted: '99 Cage Lane\n99999 Birdville',
    street_address: '99 Cage Lane',
    locality: 'Birdville',
    postal_code: '99999-CANARY',
  },
  picture: `data:image/png;base64,${Buffer.from('canary picture '.repeat(30)).toString('base64')}`,
}
const DOCUMENT_NUMBER = 'CANARY-DOC-58210774'
const VERIFIED = {
  verification: {
    trust_framework: 'almaria_civil_register',
    evidence: [{ type: 'document', document_details: { type: 'idcard', document_number: DOCUMENT_NUMBER } }],
  },
  claims: ['birthdate'],
}
const VALUES = [
  DOCUMENT_NUMBER,
  ...Object.values(CLAIMS.name.languages),
  'Nachtigall',
  CLAIMS.birthdate,
  '99 Cage Lane',
  'Birdville',
  '99999-CANARY',
  CLAIMS.picture.slice(60, 120),
]

const UNKNOWN_ID = '8420975316'
const WRONG = { pin: '806159', password: 'Canary-wrong-Passw0rd', otp: '593027' }
const WORD = 'canary-word-5b1e'

describe('PRIV-01: no event, log, file or page holds what only the person, the relying party or the ID system may know (rule 1)', function () {
  this.timeout(90_000)
  let here: BrokerHere
  let operators: string
  let collector: Collector
  let folder: string
  let shop: Party
  /** What must be found nowhere. */
  const canaries = new Map<string, string>()
  const pages: string[] = []
  const output: string[] = []

  const plant = (what: string, value: string | undefined): string => {
    expect(value, what).to.be.a('string').with.length.of.at.least(6)
    canaries.set(value ?? '', what)
    return value ?? ''
  }

  const mockFolder = (): string => join(here.data, 'plugin')

  /** Filters that what is known of the person meets, with a word that only the relying party knows. */
  const verifiedWish = () => {
    const word = plant('a filter of verified claims', `canary-filter-${randomUUID()}`)
    const among = (value: string) => ({ values: [word, value] })
    const document_details = { type: among('idcard'), document_number: null }
    return {
      verification: { trust_framework: among('almaria_civil_register'), evidence: [{ type: { value: 'document' }, document_details }] },
      claims: { birthdate: { ...among(CLAIMS.birthdate), essential: true } },
    }
  }

  /** A login whose every parameter is planted. */
  const beginPlanted = async (via: 'direct' | 'par'): Promise<Begun> => {
    const claims = {
      userinfo: {
        name: { essential: true, values: [plant('a claim value', `canary-claim-${randomUUID()}`), CLAIMS.name.languages.en] },
        birthdate: { essential: true, values: [plant('one of claim values', `canary-values-${randomUUID()}`)] },
        verified_claims: verifiedWish(),
        picture: null,
        address: { purpose: plant('a claim’s purpose', `canary-purpose-${randomUUID()}`) },
        email: null,
        phone_number: null,
      },
      id_token: { verified_claims: [verifiedWish()] },
    }
    const begun = await begin(here, shop, {
      via,
      with: {
        state: plant('state', `canary-state-${randomUUID()}`),
        nonce: plant('nonce', `canary-nonce-${randomUUID()}`),
        login_hint: plant('login_hint', `canary-hint-${randomUUID()}`),
        claims: JSON.stringify(claims),
        claims_locales: 'en fr ar km',
        // Parameters that nobody knows are ignored, and kept nowhere.
        canary_unknown: plant('an unknown parameter', `canary-parameter-${randomUUID()}`),
      },
    })
    plant('code_verifier', begun.verifier)
    const secret = /request_uri=[^&]*\.([A-Za-z0-9_-]{43})/.exec(decodeURIComponent(begun.path))?.[1]
    if (via === 'par') plant('the secret of the request URI', secret)
    for (const [name, value] of begun.browser.cookies) if (name.startsWith('tx-')) plant('the browser’s binding', value.split('.').at(-1))
    plant('a form token', begun.page.form('form-choose').fields.find(({ name }) => name === 'csrf')?.value)
    return begun
  }

  const keepPages = (begun: Begun): void => void pages.push(...begun.browser.seen)

  const choose = ({ browser }: Begun, page: Page, id: string, factor: string, more: readonly string[] = []): Promise<Page> =>
    browser.submit(page, 'form-choose', { values: { individual_id: id, factor }, tick: more })

  const finish = async (begun: Begun, page: Page): Promise<void> => {
    const callback = callbackOf(await accept(begun.browser, page, ['email', 'phone_number', 'address', 'picture']))
    const code = plant('a code', callback.searchParams.get('code') ?? undefined)
    plant('a code’s secret', code.split('.')[1])
    const { json, status } = await redeem(here, shop, { ...begun, code })
    expect(status, JSON.stringify(json)).to.equal(200)
    for (const name of ['access_token', 'id_token']) {
      const token = plant(name, String(json[name]))
      plant(`signature of ${name}`, token.split('.')[2])
      plant(`payload of ${name}`, token.split('.')[1])
    }
    plant('sub', decodeJwt(String(json['id_token'])).sub)
    const answer = await userinfo(here, String(json['access_token']))
    expect(answer.status).to.equal(200)
    const told = Buffer.from(answer.body.split('.')[1] ?? '', 'base64url').toString()
    expect(told, 'the canaries sing where they should').to.include('Nachtigall').and.to.include(DOCUMENT_NUMBER)
    const idToken = decodeJwt(String(json['id_token']))
    expect(JSON.stringify(idToken), 'in the ID token too').to.include(DOCUMENT_NUMBER)
    // A replay, which kills the tokens.
    await redeem(here, shop, { ...begun, code })
    await userinfo(here, String(json['access_token']))
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-canaries-'))
    const people = join(folder, 'people.json')
    const { uin, vid, phone, email, pin, password, record } = PERSON
    writeFileSync(
      people,
      JSON.stringify({ people: [{ record, ids: { uin, vid, phone, email }, pin, password, claims: CLAIMS, verified: [VERIFIED] }] }),
    )
    const [port = 0] = await freePorts(1)
    operators = `http://127.0.0.1:${String(port)}`
    collector = await startCollector()
    here = await brokerHere({ mock: { people }, env: { ESIGNET_MANAGEMENT_PORT: String(port), ESIGNET_TRACES_URL: collector.url } })
    shop = await register(here, await newParty('shop'))
    for (const [what, value] of Object.entries(PERSON)) plant(what, value)
    for (const value of VALUES) plant('a value of a claim', value)
    for (const [what, value] of Object.entries(WRONG)) plant(`wrong ${what}`, value)
    plant('an unknown id', UNKNOWN_ID)
    plant('a word', WORD)
  })

  after(async () => {
    await here.end()
    await collector.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('complete logins: by OTP with every claim on an own device, by PIN, by password, by each kind of id', async () => {
    const first = await beginPlanted('par')
    const otpPage = await choose(first, first.page, PERSON.uin, 'otp', ['yes'])
    const otp = plant('an OTP', await here.otpOf(first.transaction))
    await finish(first, await first.browser.submit(otpPage, 'form-otp', { values: { otp } }))
    const device = first.browser.cookies.get('device')
    plant('the secret of the own device', device)
    keepPages(first)
    for (const [id, factor, proof] of [
      [PERSON.vid, 'pin', PERSON.pin],
      [PERSON.phone, 'password', PERSON.password],
      [PERSON.email, 'pin', PERSON.pin],
    ] as const) {
      const begun = await beginPlanted('direct')
      if (device !== undefined) begun.browser.cookies.set('device', device)
      const asked = await choose(begun, begun.page, id, factor)
      await finish(begun, await begun.browser.submit(asked, `form-${factor}`, { values: { [factor]: proof } }))
      keepPages(begun)
    }
  })

  it('logins by answers, and by a password and then a code', async () => {
    const known = await beginPlanted('direct')
    const asked = await choose(known, known.page, PERSON.uin, 'knowledge')
    const [year = '', month = '', day = ''] = CLAIMS.birthdate.split('-')
    const born = { 'answer.birthdate.day': day, 'answer.birthdate.month': month, 'answer.birthdate.year': year }
    const wrong = { ...born, 'answer.full_name': plant('wrong answer', 'Canary Wrongname') }
    const again = await known.browser.submit(asked, 'form-knowledge', { values: wrong })
    const right = { ...born, 'answer.full_name': CLAIMS.name.languages.fr }
    await finish(known, await known.browser.submit(again, 'form-knowledge', { values: right }))
    keepPages(known)

    const acr = { essential: true, values: ['urn:esignet:acr:password-and-code'] }
    const two = await begin(here, shop, { with: { claims: JSON.stringify({ id_token: { acr } }), prompt: 'consent' } })
    const password = await choose(two, two.page, PERSON.vid, 'password')
    const next = await two.browser.submit(password, 'form-password', { values: { password: PERSON.password } })
    const otpPage = await two.browser.submit(next, 'form-choose')
    const otp = plant('an OTP', await here.otpOf(two.transaction))
    const consent = await two.browser.submit(otpPage, 'form-otp', { values: { otp } })
    expect(consent.has('form-consent')).to.equal(true)
    keepPages(two)
  })

  it('failed logins: wrong proofs, unknown and malformed ids, denial, cancel, an outage, nonsense from the ID system', async () => {
    const wrong = await beginPlanted('direct')
    let page = await choose(wrong, wrong.page, `${WORD} x`, 'pin')
    page = await choose(wrong, page, PERSON.uin, 'pin')
    page = await wrong.browser.submit(page, 'form-pin', { values: { pin: WRONG.pin } })
    page = await wrong.browser.submit(page, 'form-pin', { values: { pin: `${WORD}-pin` } })
    page = await choose(wrong, await wrong.browser.get(`${wrong.base}/choose`), PERSON.uin, 'password')
    page = await wrong.browser.submit(page, 'form-password', { values: { password: WRONG.password } })
    page = await choose(wrong, await wrong.browser.get(`${wrong.base}/choose`), PERSON.uin, 'otp')
    page = await wrong.browser.submit(page, 'form-otp', { values: { otp: WRONG.otp } })
    expect(page.status).to.be.within(400, 499)
    keepPages(wrong)

    const unknown = await beginPlanted('par')
    const asked = await choose(unknown, unknown.page, UNKNOWN_ID, 'otp')
    await unknown.browser.submit(asked, 'form-otp', { values: { otp: WRONG.otp } })
    await unknown.browser.submit(asked, 'form-cancel')
    keepPages(unknown)

    const denied = await begin(here, shop, { with: { prompt: 'consent' } })
    const pin = await choose(denied, denied.page, PERSON.uin, 'pin')
    const consent = await denied.browser.submit(pin, 'form-pin', { values: { pin: PERSON.pin } })
    if (consent.has('form-consent')) await denied.browser.submit(consent, 'form-consent', { button: 'cancel' })
    keepPages(denied)

    for (const faults of [{ outage: true }, { wrongAnswers: true }]) {
      const begun = await beginPlanted('direct')
      const form_ = await choose(begun, begun.page, PERSON.vid, 'pin')
      setFaults(mockFolder(), faults)
      if (form_.has('form-pin')) await begun.browser.submit(form_, 'form-pin', { values: { pin: PERSON.pin } })
      await choose(begun, begun.page, PERSON.uin, 'otp')
      setFaults(mockFolder(), {})
      keepPages(begun)
    }
  })

  it('hostile requests: every input of every door', async () => {
    const hostile = {
      cookie: `tx-00000000=1.${WORD}; device=${WORD}; language=${WORD}`,
      referer: `https://${WORD}.example/`,
      'user-agent': WORD,
      'x-forwarded-for': '203.0.113.77',
      'accept-language': WORD,
      'x-request-id': WORD,
    }
    plant('an address', '203.0.113.77')
    const paths = [
      `/${WORD}`,
      `/login/${WORD}`,
      `/static/${WORD}`,
      `/authorize?client_id=${WORD}`,
      `/authorize?client_id=shop&state=${WORD}&redirect_uri=${WORD}`,
      `/?${WORD}=1`,
    ]
    for (const path of paths) pages.push((await send(here.issuer, { path, headers: hostile })).body)
    const { members } = await requestOf(shop)
    for (const more of [
      { scope: `openid ${WORD}` },
      { acr_values: WORD },
      { ui_locales: WORD },
      { claims: WORD },
      { prompt: WORD },
      { response_type: WORD },
      { code_challenge: WORD },
    ]) {
      const browser = scriptedBrowser(here.issuer)
      await browser.get(`/authorize?${form({ ...members, ...more })}`, hostile)
      pages.push(...browser.seen.filter((text) => text.startsWith('<')))
      await call(here, shop, PAR, { ...members, ...more })
    }
    const assertion = plant('a client’s assertion', await assertionOf(here, shop))
    plant('its signature', assertion.split('.')[2])
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    for (const path of [PAR, TOKEN]) {
      await send(here.issuer, {
        method: 'POST',
        path,
        headers: { ...FORM, ...hostile },
        body: form({ client_id: WORD, client_assertion: WORD, client_assertion_type: type }),
      })
      const stranger = await newParty(WORD)
      await send(here.issuer, {
        method: 'POST',
        path,
        headers: FORM,
        body: form({ client_assertion: await assertionOf(here, stranger), client_assertion_type: type }),
      })
      await send(here.issuer, {
        method: 'POST',
        path,
        headers: FORM,
        body: form({
          ...grantOf(shop, { code: WORD, verifier: WORD.repeat(4) }),
          client_assertion: assertion,
          client_assertion_type: type,
        }),
      })
    }
    await send(here.issuer, { path: USERINFO, headers: { authorization: `Bearer ${WORD}` } })
    await send(here.issuer, { method: 'POST', path: USERINFO, headers: { ...FORM, ...hostile }, body: form({ access_token: WORD }) })
    // A real client's own traffic.
    await configure(here, shop)
  })

  it('what operators and regulators look at: timelines, states, replays, exports', async () => {
    const logins = [
      ...new Set(readEvents(here.data, `s.name LIKE 'authorization-%'`).map(({ stream }) => stream.slice('authorization-'.length))),
    ]
    const looks = [
      ['tx', 'find', '--json'],
      ['tx', 'show', logins[0] ?? '', '--json'],
      ['tx', 'at', logins[0] ?? '', '5', '--json'],
      ['tx', 'replay', '--all', '--json'],
      ['consent', 'list', '--json'],
      ['audit', 'export', '--out', join(folder, 'audit'), '--actor', 'j.doe', '--purpose', 'yearly audit', '--case', 'AUDIT-7'],
      ['events', 'export', '--out', join(folder, 'events.jsonl')],
      ['events', 'backup', '--to', join(folder, 'backup.db')],
    ]
    const look = async (args: readonly string[]): Promise<void> => {
      const { code, out, err } = await here.cli(args)
      expect(code, `${args.join(' ')}: ${out}${err}`).to.equal(0)
      output.push(out, err)
    }
    for (let first = 0; first < looks.length; first += 4) await Promise.all(looks.slice(first, first + 4).map(look))
  })

  const expectNone = (place: string, bytes: Buffer, except?: (what: string) => boolean): void =>
    expectNoCanary(canaries, place, bytes, except)

  const expectCleanFolder = (): void => {
    let looked = 0
    for (const file of filesOf(here.data)) {
      // The ID system's own folder is the ID system's.
      if (file.startsWith(mockFolder())) continue
      looked += 1
      const place = relative(here.data, file)
      expectNone(place, readFileSync(file))
      if (file.endsWith('.db')) expectNone(`cells of ${place}`, cellsOf(file))
    }
    expect(looked).to.be.at.least(6)
  }

  it('none is in any file of the data folder, while it runs', async () => {
    expect(canaries.size).to.be.greaterThan(60)
    const head = await here.broker.world.journal.store.head()
    for (const runner of here.broker.runners) await until('the registers stand at the head', () => runner.reached(head, 5000))
    expectCleanFolder()
  })

  it('none is in the log, in what the commands say, or in what they export', () => {
    expect(here.log().split('\n').length, 'there is a log').to.be.greaterThan(50)
    expectNone('the log', Buffer.from(here.log()))
    expectNone('the commands', Buffer.from(output.join('\n')))
    for (const file of filesOf(folder)) if (!file.endsWith('people.json')) expectNone(relative(folder, file), readFileSync(file))
  })

  it('none is in the metrics', async () => {
    const { body } = await send(operators, { path: '/metrics' })
    expect(body.split('\n').length).to.be.greaterThan(500)
    // Values are numbers of all lengths, in which any six digits come up.
    expectNone('the metrics', Buffer.from(body.replace(/ \S+$/gm, '')))
  })

  it('none that is the person’s is on any page', () => {
    const ofThePage = (what: string): boolean =>
      !/^(uin|vid|phone|email|pin|password|record|wrong|an OTP|an unknown id|a value of a claim|a claim|one of|nonce|login_hint|sub)/.test(
        what,
      )
    expect(pages.length).to.be.greaterThan(30)
    for (const page of pages) expectNone(`a page: ${page.slice(0, 60)}`, Buffer.from(page), ofThePage)
  })

  it('none is in any file after it was stopped', async () => {
    await here.broker.close()
    expectCleanFolder()
  })

  it('none is in the traces', () => {
    expect(collector.spans().length).to.be.greaterThan(200)
    // Ids and instants are digits of all lengths.
    const told = collector.spans().map(({ name, attributes, links }) => JSON.stringify([name, attributes, links]))
    expectNone('the traces', Buffer.from(told.join('\n')))
  })
})
