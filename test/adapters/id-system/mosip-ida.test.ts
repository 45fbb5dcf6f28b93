import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { meaningOf } from '../../../adapters/id-system/mosip-ida/errors.ts'
import * as mosipIda from '../../../adapters/id-system/mosip-ida/plugin.ts'
import type { Factor, IdSystem, Json, SendRequest } from '../../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../../adapters/id-system/registry.ts'
import { shortTransaction } from '../../../adapters/id-system/wire.ts'
import { idSystemContract } from '../../contracts/id-system.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { holder } from '../../support/ida/keys.ts'
import { LEO, MAYA, NADIA, partnerToken, SILENT } from '../../support/ida/people.ts'
import { standInIda, type Ida } from '../../support/ida/server.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'
import { NOW, readersHere, SEED, type ReadersHere } from '../../support/readers.ts'

const uin = (value: string) => ({ type: 'uin', value }) as const
const CLAIMS = ['name', 'gender', 'birthdate', 'email', 'phone_number', 'address', 'picture']
const LANGUAGES = ['en', 'fr', 'ar']

describe('a stand-in for ID Authentication', () => {
  const clock = handClock()
  let ida: Ida
  const settings: { [key: string]: Json } = { languages: LANGUAGES, factors: ['otp', 'pin', 'password'] }
  before(async () => {
    ida = await standInIda({ now: clock.now })
    Object.assign(settings, ida.settings)
  })
  after(() => ida.close())

  idSystemContract({
    name: 'mosip-ida',
    plugin: async () => mosipIda,
    settings,
    fixtures: {
      valid: {
        id: uin(MAYA.uin),
        aliases: [{ type: 'vid', value: MAYA.vid ?? '' }],
        proofs: { pin: MAYA.pin, password: MAYA.password },
        claims: CLAIMS,
      },
      second: { id: uin(LEO.uin), proofs: { pin: LEO.pin, password: LEO.password }, claims: ['name'] },
      blocked: { id: uin(NADIA.uin), proofs: { pin: NADIA.pin, password: NADIA.password }, claims: [] },
      unknown: uin('1000000009'),
      wrong: { otp: '000000', pin: '000000', password: 'not-my-password' },
    },
    sentCodes: async (_directory, transaction) =>
      ida
        .sent()
        .filter((sent) => sent.transaction === shortTransaction(transaction))
        .map(({ otp }) => otp),
    outage: async (_directory, on) => ida.setFaults(on ? { status: 503 } : {}),
    slow: async (_directory, delayMs) => ida.setFaults({ delayMs }),
    codeValidForSMax: 180,
    clock,
  })
})

describe('mosip-ida', () => {
  let ida: Ida
  let clock: HandClock
  let readers: ReadersHere
  let dataDirectory: string
  const opened: IdSystem[] = []

  before(async () => {
    clock = handClock(NOW)
    readers = await readersHere()
    ida = await standInIda({
      now: clock.now,
      floodMax: 4,
      partners: ['esignet', 'ministry'],
      clients: ['harbour', 'ferry-in-ida'],
      factors: ['otp', 'pin', 'biometrics'],
      readers: join(readers.mockFolder, 'readers'),
      people: [{ ...MAYA, seed: SEED }, LEO, SILENT, NADIA],
    })
    dataDirectory = mkdtempSync(join(tmpdir(), 'mosip-ida-'))
  })
  after(async () => {
    for (const plugin of opened) await plugin.close()
    await ida.close()
    readers.end()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const open = async (more: { readonly [key: string]: Json } = {}): Promise<IdSystem> => {
    const settings = { ...ida.settings, factors: ['otp', 'pin', 'password', 'biometrics'], env: 'Developer', ...more }
    const tools = { clock, chance: systemChance, log: logBook().log, dataDirectory }
    const loaded = await loadPlugin({ module: 'mosip-ida', settings, tools, timers })
    opened.push(loaded.system)
    return loaded.system
  }
  let made = 0
  const call = (more = {}) => {
    made += 1
    const transaction = `tx_${String(made).padStart(24, '0')}`
    return { idempotencyKey: systemChance.uuid(), deadline: clock.in(5000), transaction, client: 'harbour', ...more }
  }
  const prove = (plugin: IdSystem, factor: Factor, proof: string, more = {}) =>
    plugin.verify!({ ...call(), id: uin(MAYA.uin), factor, proof, ...more })
  const pin = (plugin: IdSystem, more = {}) => prove(plugin, 'pin', MAYA.pin, more)
  const wish = (more: Partial<SendRequest> = {}): SendRequest => ({
    ...call(),
    ...{ id: uin(LEO.uin), factor: 'otp', channels: [], locales: ['en'], clientName: 'Harbour', reference: 'KQ7M' },
    ...more,
  })
  const told = async (plugin: IdSystem, claims: readonly string[]) => {
    const asked = call()
    const proven = await pin(plugin, asked)
    return plugin.release!({ ...call(asked), idempotencyKey: systemChance.uuid(), session: proven.ok ? proven.value.session : '', claims })
  }

  it('asks as the partner and client that IDA knows; who came from eSignet keeps the subject that it knows', async () => {
    const ferry = { relyingParty: 'ministry', client: 'ferry-in-ida', keepsSubjects: true }
    const plugin = await open({ relyingParties: { ferry } })
    const [one, two] = [await pin(plugin), await pin(plugin, { client: 'ferry' })]
    expect(one).to.have.nested.property('value.subjectKey', partnerToken(MAYA.uin, 'esignet'))
    expect(one).not.to.have.nested.property('value.pairwiseSubject')
    expect(two).to.have.nested.property('value.pairwiseSubject', partnerToken(MAYA.uin, 'ministry'))
    expect(ida.calls().some((path) => path.endsWith('/ministry/ferry-in-ida'))).to.equal(true)
    expect(await pin(plugin, { client: 'unheard-of' })).to.deep.equal({ ok: false, error: 'misconfigured', code: 'IDA-MPA-028' })
  })

  it('what partner management did not allow is for the operator, with the code of IDA', async () => {
    const stranger = await holder('Stranger', clock.now())
    const [licence, key, certificate] = ['licence', 'key', 'certificate'].map((name) => join(dataDirectory, `other.${name}`)) as [
      string,
      string,
      string,
    ]
    writeFileSync(licence, 'another-licence')
    writeFileSync(key, stranger.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(certificate, stranger.pem)
    const cases = [
      [{ licenceKeyFile: licence }, 'IDA-MPA-007'],
      [{ relyingParty: 'nobody' }, 'IDA-MPA-009'],
      [{ partnerKeyFile: key, partnerCertificateFile: certificate }, 'IDA-MPA-021'],
    ] as const
    for (const [settings, code] of cases) expect(await pin(await open(settings))).to.deep.equal({ ok: false, error: 'misconfigured', code })
    expect(await prove(await open(), 'password', MAYA.password)).to.deep.equal({ ok: false, error: 'misconfigured', code: 'IDA-MPA-029' })
  })

  it('hands a face over as the reader signed and encrypted it, under the transaction that the reader signed', async () => {
    const plugin = await open()
    const right = await prove(plugin, 'biometrics', readers.proof(SEED))
    expect(right).to.have.nested.property('value.factorsProven').that.deep.equals(['biometrics'])
    expect(await prove(plugin, 'biometrics', readers.proof('somebody else'))).to.deep.equal({ ok: false, error: 'challenge_failed' })
    const [face] = readers.answer('Face') as [Readonly<Record<string, string>>]
    for (const proof of ['[]', '{}', '', '[{"hash":"00"}]', JSON.stringify([{ ...face, data: 7 }])])
      expect(await prove(plugin, 'biometrics', proof)).to.deep.equal({ ok: false, error: 'invalid_input' })
    const elsewhere = readers.answer('Face', undefined, { domainUri: 'https://elsewhere.example' })
    const answer = await prove(plugin, 'biometrics', JSON.stringify(elsewhere))
    expect(answer).to.deep.equal({ ok: false, error: 'misconfigured', code: 'IDA-MLC-024' })
  })

  it('too many codes, too many wrong ones, a code that is over: a no like any other, told without a code of IDA', async () => {
    const plugin = await open()
    const codeOf = (transaction: string): string => ida.sent().find((one) => one.transaction === shortTransaction(transaction))?.otp ?? ''
    const leo = { id: uin(LEO.uin) }
    const first = wish()
    expect(await plugin.send!(first)).to.deep.equal({ ok: true, value: { channels: ['sms', 'email'], validForS: 180 } })
    clock.pass(179_000)
    const old = codeOf(first.transaction)
    const second = wish({ channels: ['email'] })
    expect(await plugin.send!(second)).to.deep.equal({ ok: true, value: { channels: ['email'], validForS: 180 } })
    clock.pass(1000)
    const same = { ...leo, transaction: first.transaction }
    expect(await prove(plugin, 'otp', old, { ...same, deadline: clock.in(5000) })).to.deep.equal({ ok: false, error: 'challenge_failed' })
    const wrong = codeOf(second.transaction).replace(/.$/, (digit) => String((Number(digit) + 1) % 10))
    const asked = (): object => ({ ...leo, transaction: second.transaction, deadline: clock.in(5000) })
    for (let times = 0; times < 5; times += 1)
      expect(await prove(plugin, 'otp', wrong, asked())).to.deep.equal({ ok: false, error: 'challenge_failed' })
    const frozen = { ok: false, error: 'subject_denied' }
    expect(await prove(plugin, 'otp', codeOf(second.transaction), asked())).to.deep.equal(frozen)
    expect(await plugin.send!(wish())).to.deep.equal(frozen)
    expect(await plugin.send!(wish({ id: uin(SILENT.uin) }))).to.deep.equal(frozen)
    for (let times = 0; times < 4; times += 1) expect((await plugin.send!(wish({ id: uin(MAYA.uin) }))).ok).to.equal(true)
    expect(await plugin.send!(wish({ id: uin(MAYA.uin) }))).to.deep.equal({ ok: false, error: 'rate_limited' })
  })

  it('tells facts in the languages that are set, dates as dates, an address as text; nothing agreed to is `sub` alone', async () => {
    const plugin = await open({ languages: ['en', 'fr'] })
    const answer = await told(plugin, ['name', 'birthdate', 'address'])
    expect(answer).to.have.nested.property('value.claims.birthdate', '1987-11-25')
    expect(answer).to.have.nested.property('value.claims.name.languages').that.deep.equals({ en: 'Maya Rahimi', fr: 'Maya Rahimi (fr)' })
    expect(answer).to.have.nested.property('value.claims.address.locality', 'Port Selen')
    expect(await told(await open(), ['name'])).to.have.nested.property('value.claims.name', 'Maya Rahimi')
    expect(await told(plugin, [])).to.deep.equal({ ok: true, value: { claims: {} } })
  })

  it('finds another key of IDA: for what people hand in at once, for facts after half a minute, with a new token', async () => {
    const plugin = await open()
    expect((await told(plugin, ['name'])).ok).to.equal(true)
    await ida.changeEncryptionKey()
    const asked = ida.calls().length
    expect(await Promise.all([pin(plugin), pin(plugin), pin(plugin)])).to.have.nested.property('[2].ok', true)
    expect(
      ida
        .calls()
        .slice(asked)
        .filter((path) => path.includes('kyc-auth')).length,
    ).to.be.within(4, 6)
    expect(await pin(await open({ certificateUrl: `${ida.url}/mosip-certs/old.cer` }))).to.have.property('code', 'IDA-MPA-003')
    await ida.changeSigningKey()
    ida.endTokens()
    expect(await told(plugin, ['name'])).to.deep.equal({ ok: false, error: 'misconfigured', code: 'signature_wrong' })
    clock.pass(31_000)
    expect((await told(plugin, ['name'])).ok).to.equal(true)
  })

  it('takes no answer for another transaction, and none that is no answer', async () => {
    const plugin = await open()
    ida.mistakeTransactions(true)
    const mistaken = { ok: false, error: 'unavailable', code: 'wrong_transaction' }
    clock.pass(61_000)
    expect(await plugin.send!(wish({ id: uin(MAYA.uin) }))).to.deep.equal(mistaken)
    expect(await pin(plugin)).to.deep.equal(mistaken)
    ida.mistakeTransactions(false)
    for (const [faults, error, code] of [
      [{ status: 500 }, 'unavailable', 'http_500'],
      [{ status: 404 }, 'misconfigured', 'http_404'],
      [{ malformed: true }, 'unavailable', 'answer_unfit'],
    ] as const) {
      ida.setFaults(faults)
      expect(await pin(plugin)).to.deep.equal({ ok: false, error, code })
    }
    ida.setFaults({ status: 503 })
    const fresh = await open()
    expect(await pin(fresh)).to.deep.equal({ ok: false, error: 'unavailable', code: 'certificate_unknown' })
    expect(await fresh.health()).to.deep.equal({ status: 'down', detail: 'its keys cannot be had' })
    ida.setFaults({})
    expect((await pin(fresh)).ok).to.equal(true)
  })

  it('says beforehand that its own certificate ends, and stops with that of IDA', async () => {
    const plugin = await open()
    expect(await plugin.health()).to.deep.equal({ status: 'up' })
    clock.pass(340 * 86_400_000)
    expect(await plugin.health()).to.have.property('status', 'degraded')
    clock.pass(30 * 86_400_000)
    expect(await pin(plugin)).to.deep.equal({ ok: false, error: 'misconfigured', code: 'invalid_partner_cert' })
    expect((await plugin.health()).status).to.equal('down')
    await ida.changeEncryptionKey()
    expect(await plugin.health()).to.deep.equal({ status: 'down', detail: 'the certificate in partnerCertificateFile is over' })
  })

  it('is open to https, and to this machine where that is allowed; a file that is missing is said by the name of its setting', async () => {
    for (const name of ['url', 'tokenUrl', 'certificateUrl', 'otpUrl', 'internalUrl'])
      expect(await faultOf(() => open({ [name]: 'http://id.example/v1' })), name).to.equal('invalid')
    expect(await faultOf(() => open({ allowLoopbackHttp: false }))).to.equal('invalid')
    for (const name of ['licenceKeyFile', 'tokenSecretFile', 'partnerKeyFile', 'partnerCertificateFile']) {
      const error: unknown = await open({ [name]: '/nowhere' }).catch((thrown: unknown) => thrown)
      expect(String(error)).to.include(name).and.not.include('misp-licence')
    }
  })
})

describe('the codes of ID Authentication, in the words of the contract', () => {
  const cases = [
    ['subject_denied', 'IDA-MLC-002 IDA-MLC-003 IDA-MLC-018 IDA-MLC-022 IDA-MLC-014 IDA-MLC-019 IDA-OTA-006 IDA-OTA-007 IDA-BIA-006'],
    ['challenge_failed', 'IDA-OTA-003 IDA-OTA-004 IDA-OTA-005 IDA-SPA-001 IDA-PSD-001 IDA-BIA-001'],
    ['invalid_input', 'IDA-BIA-002 IDA-BIA-014 IDA-MLC-016 IDA-MLC-030'],
    ['rate_limited', 'IDA-OTA-001'],
    ['session_expired', 'IDA-KYE-001 IDA-KYE-002 IDA-KYE-003 IDA-KYE-004 IDA-KYE-005 IDA-KYE-007'],
  ] as const
  for (const [error, codes] of cases)
    it(`${error}, of which nobody learns more: ${codes.replaceAll('IDA-', '')}`, () => {
      for (const code of codes.split(' ')) expect(meaningOf(code, ''), code).to.deep.equal({ ok: false, error })
    })

  it('misconfigured, with the code: everything that a request may not be', () => {
    for (const code of [
      'IDA-MPA-001',
      'IDA-MPA-030',
      'IDA-MLC-001',
      'IDA-MLC-009',
      'IDA-MLC-024',
      'IDA-DPM-001',
      'IDA-BIA-004',
      'IDA-KYE-006',
      'PMS_PMP_016',
    ])
      expect(meaningOf(code, ''), code).to.deep.equal({ ok: false, error: 'misconfigured', code })
  })

  it('a number of the wrong form is nobody’s', () => {
    expect(meaningOf('IDA-MLC-009', 'Invalid Input Parameter - individualId')).to.deep.equal({ ok: false, error: 'subject_denied' })
  })

  it('everything else says that it could not answer now', () => {
    for (const code of ['IDA-MLC-007', 'IDA-OTA-002', 'IDA-BIA-017', 'IDA-XYZ-001', 'KER-1'])
      expect(meaningOf(code, '')).to.equal(undefined)
  })
})
