import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { after, before, describe, it } from 'mocha'
import { openAuthority, stranger } from '../../ops/demo/sbi-device/authority.ts'
import { capture, type Kit } from '../../ops/demo/sbi-device/capture.ts'
import { READERS } from '../../ops/demo/sbi-device/service.ts'
import { until } from '../support/broker.ts'
import { brokerHere, type BrokerHere } from '../support/broker-here.ts'
import { cellsOf, expectNoCanary, filesOf } from '../support/canaries.ts'
import { MAYA, NADIA, partnerToken, type IdaPerson } from '../support/ida/people.ts'
import { standInIda, type Ida } from '../support/ida/server.ts'
import { standInRegistry, type Policy, type Registry } from '../support/registry.ts'
import { accept, begin, callbackOf, newParty, redeem, register, userinfo, type Begun, type Party } from '../support/rp.ts'
import type { Page } from '../support/scripted-browser.ts'

/** Every value is found nowhere else. */
const PERSON: IdaPerson = {
  ...MAYA,
  ...{ uin: '7419064283', vid: '6190284735516283', pin: '714093', password: 'Canary-Passw0rd-83' },
  ...{ email: 'canary.ida@mail.almaria.example', phone: '+999205559317', birthdate: '1931/02/07', seed: 'the face of a canary' },
  name: { eng: 'Canaria Nachtigall', fra: 'Canarie Rossignol' },
  address: { locality: { eng: 'Birdville-on-Cage' } },
}
const POLICY: Policy = {
  ...{ osid: '1-canary00-d3a8-49dc-a933-2b473bdd2ddb', policyNumber: 'CNRY88120417', fullName: 'Asha Sparrowhawk-Canary' },
  ...{ dob: '23/08/1947', email: 'sparrowhawk@post.almaria.example', mobile: '+999205554466', gender: 'Female' },
}
const WRONG = { pin: '806159', otp: '593027', uin: '8420975316', name: 'Canary Wrongname' }
const DOMAIN = 'https://id.example'

describe('Logins through the ID systems of others: MOSIP IDA and Sunbird RC, over HTTP', function () {
  this.timeout(90_000)
  let ida: Ida
  let registry: Registry
  let here: BrokerHere
  let folder: string
  let shop: Party
  let clinic: Party
  const pages: string[] = []
  /** What must be found nowhere, and what it is. */
  const canaries = new Map<string, string>()
  const plant = (what: string, value: string | undefined): string => {
    expect(value, what).to.be.a('string').with.length.of.at.least(6)
    canaries.set(value ?? '', what)
    return value ?? ''
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'esignet-others-'))
    ida = await standInIda({ people: [PERSON, NADIA], readers: join(folder, 'ida/readers') })
    registry = await standInRegistry([POLICY])
    const mosip = { ...ida.settings, factors: ['otp', 'pin', 'password', 'biometrics'], languages: ['en', 'fr'], env: 'Developer' }
    const idSystems = [
      { id: 'mosip', module: 'mosip-ida', settings: mosip },
      { id: 'insurance', module: 'sunbird-rc', settings: registry.settings },
    ]
    here = await brokerHere({
      env: { ESIGNET_ID_SYSTEMS: JSON.stringify(idSystems), ESIGNET_SBI_DOMAIN_URI: DOMAIN, ESIGNET_MANAGEMENT_PORT: '0' },
    })
    shop = await register(here, await newParty('shop'))
    const claims = ['name', 'birthdate', 'gender', 'email', 'phone_number']
    clinic = await register(here, await newParty('clinic', 'ES256', { id_system: 'insurance', claims }))
    const { uin, vid, pin, password, email, phone, name, birthdate } = PERSON
    const values = {
      uin,
      vid,
      pin,
      password,
      email,
      phone,
      born: birthdate,
      home: 'Birdville-on-Cage',
      ...name,
      nadia: NADIA.uin,
      nadiaPin: NADIA.pin,
    }
    const { gender: _, ...policy } = POLICY
    for (const [what, value] of Object.entries({ ...values, ...policy, ...WRONG })) plant(what, String(value))
    plant('a date of birth', '1931-02-07')
    plant('a date of birth', '1947-08-23')
    plant('what the ID system calls a person', partnerToken(uin, 'esignet'))
  })
  after(async () => {
    await here.end()
    await ida.close()
    await registry.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const choose = ({ browser }: Begun, page: Page, id: string, factor: string, tick: readonly string[] = []): Promise<Page> =>
    browser.submit(page, 'form-choose', { values: { individual_id: id, factor }, tick })

  /** From the proof on: consent, code, tokens, facts. */
  const finish = async (party: Party, begun: Begun, page: Page) => {
    const callback = callbackOf(await accept(begun.browser, page, ['email', 'phone_number']))
    const { json, status } = await redeem(here, party, { ...begun, code: callback.searchParams.get('code') ?? '' })
    expect(status, JSON.stringify(json)).to.equal(200)
    const facts = decodeJwt((await userinfo(here, String(json['access_token']))).body)
    plant('sub', facts.sub)
    pages.push(...begun.browser.seen)
    return { facts, idToken: decodeJwt(String(json['id_token'])) }
  }

  it('by a code of MOSIP: wrong first, then right', async () => {
    const begun = await begin(here, shop)
    const asked = await choose(begun, begun.page, PERSON.vid ?? '', 'otp')
    const otp = plant('an OTP', await until('a code', async () => ida.sent().at(0)?.otp))
    const again = await begun.browser.submit(asked, 'form-otp', { values: { otp: WRONG.otp } })
    expect(again.has('form-otp')).to.equal(true)
    const { facts, idToken } = await finish(shop, begun, await begun.browser.submit(again, 'form-otp', { values: { otp } }))
    expect(facts).to.include({
      name: 'Canaria Nachtigall',
      birthdate: '1931-02-07',
      email: PERSON.email,
    })
    expect(idToken).to.deep.include({ acr: 'mosip:idp:acr:generated-code', amr: ['otp'] })
    expect(idToken.sub).not.to.equal(partnerToken(PERSON.uin, 'esignet'))
  })

  it('by PIN, the same person by another number: the subject and the consent are the same, and the device is theirs', async () => {
    const begun = await begin(here, shop)
    const asked = await choose(begun, begun.page, PERSON.uin, 'pin', ['yes'])
    const again = await begun.browser.submit(asked, 'form-pin', { values: { pin: WRONG.pin } })
    const proven = await begun.browser.submit(again, 'form-pin', { values: { pin: PERSON.pin } })
    expect(proven.has('form-consent'), 'it was agreed to before').to.equal(false)
    plant('the secret of the own device', begun.browser.cookies.get('device'))
    const { facts } = await finish(shop, begun, proven)
    expect([...canaries].filter(([, what]) => what === 'sub').map(([sub]) => sub)).to.deep.equal([facts.sub])
  })

  it('by a face, from the reader to MOSIP', async () => {
    const begun = await begin(here, shop)
    const asked = await choose(begun, begun.page, PERSON.uin, 'biometrics')
    const settings = /data-settings="([^"]*)"/.exec(asked.html)?.[1]?.replaceAll('&quot;', '"') ?? '{}'
    const { transactionId, env } = JSON.parse(settings) as Readonly<Record<'transactionId' | 'env', string>>
    const now = (): number => Date.parse(here.clock.now())
    const kit: Kit = {
      authority: await openAuthority(join(here.data, 'demo/sbi-device'), join(folder, 'ida'), now()),
      stranger: await stranger('Nowhere'),
      ...{ seed: PERSON.seed ?? '', otherSeed: 'somebody else', now },
    }
    const camera = READERS.find(({ type }) => type === 'Face')!
    const bio = [{ type: 'Face', count: 1, bioSubType: [], requestedScore: 60, previousHash: '' }] as const
    const wish = { env, purpose: 'Auth', specVersion: '0.9.5', domainUri: DOMAIN, transactionId, bio } as const
    const { biometrics } = capture(kit, camera, { ...wish, bio: [bio[0]] }, undefined)
    const [face] = biometrics as readonly Readonly<Record<'data' | 'sessionKey' | 'hash', string>>[]
    plant('what a reader signed', face?.data.split('.')[1])
    plant('the key of a capture', face?.sessionKey)
    plant('the hash of a capture', face?.hash)
    const csrf = asked.form('form-biometrics').fields.find(({ name }) => name === 'csrf')?.value ?? ''
    const fields = { csrf, biometrics: JSON.stringify(biometrics) }
    const proven = await begun.browser.post(asked.form('form-biometrics').action, Object.entries(fields))
    const { idToken } = await finish(shop, begun, proven)
    expect(idToken).to.have.property('acr', 'mosip:idp:acr:biometrics')
  })

  it('by answers to a registry: wrong first, then right', async () => {
    const begun = await begin(here, clinic)
    const asked = await choose(begun, begun.page, POLICY['policyNumber'] as string, 'knowledge')
    const born = { 'answer.dob.day': '23', 'answer.dob.month': '8', 'answer.dob.year': '1947' }
    const again = await begun.browser.submit(asked, 'form-knowledge', { values: { ...born, 'answer.fullName': WRONG.name } })
    expect(again.has('form-knowledge')).to.equal(true)
    const right = { ...born, 'answer.fullName': POLICY['fullName'] as string }
    const { facts, idToken } = await finish(clinic, begun, await begun.browser.submit(again, 'form-knowledge', { values: right }))
    expect(facts).to.include({ name: POLICY['fullName'], birthdate: '1947-08-23', phone_number: POLICY['mobile'] })
    expect(idToken).to.have.property('acr', 'mosip:idp:acr:knowledge')
  })

  it('nobody, somebody blocked, an outage, nonsense: a page that says what can be done', async () => {
    const texts = new Set<string>()
    for (const id of [WRONG.uin, NADIA.uin]) {
      const begun = await begin(here, shop)
      const asked = await choose(begun, begun.page, id, 'pin')
      const page = await begun.browser.submit(asked, 'form-pin', { values: { pin: NADIA.pin } })
      texts.add(/<div class="oops"[\s\S]*?<\/div>/.exec(page.html)?.[0] ?? '')
      pages.push(...begun.browser.seen)
    }
    expect(texts.size, 'one text for both').to.equal(1)
    for (const faults of [{ status: 503 }, { malformed: true }]) {
      const [one, two] = [await begin(here, shop), await begin(here, clinic)]
      const asked = await choose(one, one.page, PERSON.uin, 'pin')
      const questions = await choose(two, two.page, POLICY['policyNumber'] as string, 'knowledge')
      ida.setFaults(faults)
      registry.setFaults(faults)
      const failed = await one.browser.submit(asked, 'form-pin', { values: { pin: PERSON.pin } })
      const values = { 'answer.dob.day': '23', 'answer.dob.month': '8', 'answer.dob.year': '1947', 'answer.fullName': WRONG.name }
      const unanswered = await two.browser.submit(questions, 'form-knowledge', { values })
      for (const page of [failed, unanswered]) expect(page.status, page.html).to.equal(503)
      ida.setFaults({})
      registry.setFaults({})
      pages.push(...one.browser.seen, ...two.browser.seen)
    }
  })

  it('no code, PIN, answer, biometric sample, identifier or claim is in an event, a log, a metric, a file, a page or an address', async () => {
    expect(canaries.size).to.be.greaterThan(25)
    const head = await here.broker.world.journal.store.head()
    for (const runner of here.broker.runners) await until('the registers stand at the head', () => runner.reached(head, 5000))
    const files = filesOf(here.data).filter((file) => !file.includes('demo/sbi-device'))
    expect(
      files.filter((file) => file.includes('plugins/mosip')),
      'what the plugin keeps is looked at too',
    ).not.to.be.empty
    for (const file of files) {
      expectNoCanary(canaries, relative(here.data, file), readFileSync(file))
      if (file.endsWith('.db')) expectNoCanary(canaries, `cells of ${relative(here.data, file)}`, cellsOf(file))
    }
    expect(here.log().split('\n').length, 'there is a log').to.be.greaterThan(20)
    expectNoCanary(canaries, 'the log', Buffer.from(here.log()))
    const listens = here
      .log()
      .split('\n')
      .find((line) => line.includes('management_listens'))
    const { port } = JSON.parse(listens ?? '{}') as { readonly port: number }
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(metrics).to.include('mosip').and.to.include('insurance')
    expectNoCanary(canaries, 'metrics', Buffer.from(metrics))
    expect(pages.length).to.be.greaterThan(30)
    expectNoCanary(canaries, 'pages and their addresses', Buffer.from(pages.join('\n')))
  })
})
