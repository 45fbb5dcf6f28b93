import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, appendFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vectorOf } from '../../../adapters/id-system/mock/biometrics.ts'
import { DEMO_PEOPLE, mockPlugin, readOutbox, setFaults, type Message } from '../../../adapters/id-system/mock/plugin.ts'
import type { IdSystem, IndividualId, PluginTools, SendRequest } from '../../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../../adapters/id-system/registry.ts'
import { idSystemContract, type PersonFixture } from '../../contracts/id-system.ts'
import { readersHere, SEED } from '../../support/readers.ts'
import { systemChance } from '../../support/chance.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'

const uin = (value: string): IndividualId => ({ type: 'uin', value })

const answers = (name: string, birthdate: string): string => JSON.stringify({ birthdate, full_name: name })

const NAMED = ['name', 'given_name', 'family_name', 'gender', 'birthdate', 'email', 'address']

const readers = await readersHere()
after(() => readers.end())

const maya: PersonFixture = {
  id: uin('8267411571'),
  aliases: [
    { type: 'vid', value: '9120384756610423' },
    { type: 'phone', value: '+999205550171' },
    { type: 'email', value: 'maya.rahimi@mail.almaria.example' },
  ],
  proofs: { pin: '545411', password: 'Harbour-Lamp-71', knowledge: answers('Maya Rahimi', '1987-11-25'), biometrics: readers.proof(SEED) },
  claims: [...NAMED, 'phone_number', 'picture'],
}
const ravi: PersonFixture = { id: uin('4417098235'), proofs: { pin: '730215', password: 'Monsoon-Kite-35' }, claims: NAMED }
const nadia: PersonFixture = { id: uin('5983620147'), proofs: { pin: '552310', password: 'Winter-Bridge-47' }, claims: [] }

const sentCodes = async (dataDirectory: string, transaction: string): Promise<readonly string[]> =>
  (await readOutbox(dataDirectory)).filter((message) => message.transaction === transaction).map(({ otp }) => otp)

idSystemContract({
  name: 'the mock',
  plugin: async () => mockPlugin(),
  settings: { readers: join(readers.mockFolder, 'readers') },
  fixtures: {
    valid: maya,
    second: ravi,
    blocked: nadia,
    unknown: uin('1000000009'),
    wrong: {
      otp: '000000',
      pin: '000000',
      password: 'not-my-password',
      knowledge: answers('Maya Rahimi', '1987-11-26'),
      biometrics: readers.proof('nobody-at-all'),
    },
  },
  sentCodes,
  outage: async (dataDirectory, on) => setFaults(dataDirectory, { outage: on }),
  slow: async (dataDirectory, slowMs) => setFaults(dataDirectory, { slowMs }),
  codeValidForSMax: 180,
})

describe('SBI: what a reader encrypted', () => {
  it('vector and additional data are the end of timestamp XOR transaction (golden vector of MOSIP)', () => {
    const { iv, aad } = vectorOf('2026-01-02T03:04:05.678Z', '1234567890')
    expect([iv, aad].map((bytes) => bytes.toString('base64url'))).to.deep.equal(['MzoBBgkEABgBDwFq', 'MDJUMDM6AQYJBAAYAQ8Bag'])
  })
})

describe('the mock ID system', () => {
  let dataDirectory: string
  let clock: HandClock
  const opened: IdSystem[] = []

  before(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'mock-'))
    clock = handClock()
  })
  after(async () => {
    for (const system of opened) await system.close()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const tools = (): PluginTools => ({ clock, chance: systemChance, log: logBook().log, dataDirectory })
  const open = async (settings = {}, onMessage?: (message: Message) => void): Promise<IdSystem> => {
    const plugin = mockPlugin(onMessage && { onMessage })
    const { system } = await loadPlugin({ module: 'mock', plugin, settings, tools: tools(), timers })
    opened.push(system)
    return system
  }
  const call = (transaction: string, idempotencyKey: string = systemChance.uuid()) => ({
    transaction,
    idempotencyKey,
    deadline: clock.in(10_000),
    client: 'demo',
  })
  const wish = (transaction: string, changes: Partial<SendRequest> = {}): SendRequest => ({
    ...call(transaction),
    id: maya.id,
    factor: 'otp',
    channels: [],
    locales: ['en'],
    clientName: 'Harbour',
    reference: 'KQ7M',
    ...changes,
  })

  it('tells a demonstration each message once, and the mailbox has it with the name and reference', async () => {
    const told: Message[] = []
    const system = await open({}, (message) => told.push(message))
    const request = wish('tx_told')
    await system.send!(request)
    await system.send!(request)
    expect(told).to.have.length(1)
    expect(told[0]).to.include({ transaction: 'tx_told', channel: 'sms', at: clock.now(), clientName: 'Harbour', reference: 'KQ7M' })
    expect(told[0]?.otp).to.match(/^[0-9]{6}$/)
    expect((await readOutbox(dataDirectory))[0]).to.deep.equal(told[0])
  })

  it('uses the channel that a person has, and every one that was wished', async () => {
    const system = await open()
    expect(await system.send!(wish('tx_ravi', { id: ravi.id }))).to.deep.equal({ ok: true, value: { channels: ['email'], validForS: 180 } })
    expect(await system.send!(wish('tx_sms', { id: ravi.id, channels: ['sms'] }))).to.deep.equal({ ok: false, error: 'subject_denied' })
    await system.send!(wish('tx_both', { channels: ['sms', 'email'] }))
    expect(
      (await readOutbox(dataDirectory)).filter(({ transaction }) => transaction === 'tx_both').map(({ channel }) => channel),
    ).to.have.members(['sms', 'email'])
  })

  it('two processes on one folder agree: one sends, the other knows, verifies and releases', async () => {
    const [one, two] = [await open(), await open()]
    const request = wish('tx_two')
    const answers = await Promise.all([one.send!(request), two.send!(request)])
    expect(answers[0]).to.deep.equal(answers[1])
    const codes = await sentCodes(dataDirectory, 'tx_two')
    expect(codes).to.have.length(1)
    const proof = { id: maya.id, factor: 'otp', proof: codes[0]! } as const
    const both = await Promise.all([one.verify!({ ...call('tx_two'), ...proof }), two.verify!({ ...call('tx_two'), ...proof })])
    expect(both.filter(({ ok }) => ok)).to.have.length(1)
    const session = both.map((answer) => (answer.ok ? answer.value.session : '')).join('')
    const released = await two.release!({ ...call('tx_two'), session, claims: ['name'] })
    expect(released).to.have.nested.property('value.claims.name.languages.km', 'ម៉ាយ៉ា រ៉ាហ៊ីមី')
  })

  it('a kill -9 after any message sends none twice, and every code works afterwards (rule 36)', async () => {
    const child = fileURLToPath(new URL('../../support/mock-sender.ts', import.meta.url))
    const KILLS = 3
    for (let kill = 0; kill < KILLS; kill += 1) {
      const sender = spawn(process.execPath, [child, dataDirectory, clock.now(), String(kill)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const gone = new Promise((done) => sender.once('exit', done))
      await new Promise<void>((done) => {
        let lines = 0
        sender.stdout.on('data', (chunk: Buffer) => {
          lines += chunk.toString().split('\n').length - 1
          if (lines >= 5) done()
        })
      })
      sender.kill('SIGKILL')
      await gone
    }
    const system = await open()
    const before = await readOutbox(dataDirectory)
    const killed = [...new Set(before.map(({ transaction }) => transaction).filter((transaction) => transaction.startsWith('tx_kill_')))]
    expect(killed.length).to.be.at.least(5 * KILLS)
    for (const transaction of killed) {
      const answer = await system.send!(wish(transaction, { idempotencyKey: `key-${transaction}` }))
      expect(answer.ok).to.equal(true)
      const codes = await sentCodes(dataDirectory, transaction)
      expect(codes, transaction).to.have.length(1)
      const proven = await system.verify!({ ...call(transaction), id: maya.id, factor: 'otp', proof: codes[0]! })
      expect(proven.ok, transaction).to.equal(true)
    }
  })

  it('reads on after a line that a full disk cut short', async () => {
    const system = await open()
    await system.send!(wish('tx_before'))
    const newest = readdirSync(dataDirectory)
      .filter((name) => name.startsWith('codes-'))
      .sort()
      .at(-1)!
    appendFileSync(join(dataDirectory, newest), '{"kind":"sent","line":"cut sh')
    await system.send!(wish('tx_after'))
    const again = await open()
    for (const transaction of ['tx_before', 'tx_after']) {
      const [proof] = await sentCodes(dataDirectory, transaction)
      expect((await again.verify!({ ...call(transaction), id: maya.id, factor: 'otp', proof: proof! })).ok).to.equal(true)
    }
  })

  it('forgets after half an hour, and not what is still good at the turn of a quarter', async () => {
    const system = await open()
    clock.pass(900_000 - (Date.parse(clock.now()) % 900_000) - 1000)
    const request = wish('tx_turn')
    await system.send!(request)
    clock.pass(2000)
    await system.send!({ ...request, deadline: clock.in(10_000) })
    const codes = await sentCodes(dataDirectory, 'tx_turn')
    expect(codes).to.have.length(1)
    expect((await system.verify!({ ...call('tx_turn'), id: maya.id, factor: 'otp', proof: codes[0]! })).ok).to.equal(true)
    clock.pass(1_800_000)
    await system.send!(wish('tx_later'))
    expect((await readOutbox(dataDirectory)).map(({ transaction }) => transaction)).to.deep.equal(['tx_later'])
    expect(readdirSync(dataDirectory).filter((name) => name.startsWith('codes-'))).to.have.length(2)
  })

  it('keeps no code outside its mailbox, and its files to itself', async () => {
    const system = await open()
    await system.send!(wish('tx_files'))
    for (const name of readdirSync(dataDirectory).filter((file) => file !== 'control.json'))
      expect(statSync(join(dataDirectory, name)).mode & 0o077, name).to.equal(0)
    const lines = readdirSync(dataDirectory)
      .filter((name) => name.startsWith('codes-'))
      .map((name) => readFileSync(join(dataDirectory, name), 'utf8'))
      .join('')
    for (const value of [maya.id.value, maya.proofs.pin!]) expect(lines).not.to.include(value)
  })

  it('goes wrong as it is told to, while it runs: mad answers, blocked people, and an unreadable control file changes nothing', async () => {
    const system = await open()
    const pin = () => system.verify!({ ...call('tx_faults'), id: maya.id, factor: 'pin', proof: '545411' })
    setFaults(dataDirectory, { wrongAnswers: true })
    expect(await pin()).to.deep.equal({ ok: false, error: 'misconfigured', code: 'answer_unfit' })
    setFaults(dataDirectory, { blocked: ['9120384756610423'] })
    expect(await pin()).to.deep.equal({ ok: false, error: 'subject_denied' })
    writeFileSync(join(dataDirectory, 'control.json'), '{"outage":"yes')
    expect((await pin()).ok).to.equal(true)
    writeFileSync(join(dataDirectory, 'control.json'), '{"outage":"certainly"}')
    expect((await pin()).ok).to.equal(true)
    setFaults(dataDirectory, {})
  })

  it('counts consents that were given, each once (architecture 7)', async () => {
    const system = await open()
    const fact = { id: systemChance.uuid(), revision: 0, type: 'ConsentGiven', version: 1, at: clock.now(), correlation: 'tx_c', data: {} }
    for (const [stream, position] of [
      ['consent-a', '01'],
      ['consent-a', '01'],
      ['authorization-tx_c', '02'],
      ['consent-b', '03'],
    ] as const)
      await system.on!['ConsentGiven']!({ ...fact, stream, position })
    expect(await system.health()).to.deep.equal({ status: 'up', detail: '2 consents followed' })
  })

  it('refuses a people file that is missing, broken or says one identifier twice', async () => {
    const people = join(dataDirectory, 'people.json')
    const refusal = async (): Promise<string> =>
      open({ people }).then(
        () => 'opened',
        (error: unknown) => (error as Error).message,
      )
    expect(await refusal()).to.include('is not there')
    writeFileSync(people, '{')
    expect(await refusal()).to.include('is not JSON')
    writeFileSync(people, JSON.stringify({ people: [{ record: 'x', ids: {}, claims: {} }] }))
    expect(await refusal()).to.include("/people/0/ids must have required property 'uin'")
    const { people: known } = JSON.parse(readFileSync(DEMO_PEOPLE, 'utf8')) as { people: object[] }
    writeFileSync(people, JSON.stringify({ people: [...known, { ...known[0], record: 'another000000000' }] }))
    expect(await refusal()).to.include('identifier twice')
  })

  it('the people of the demonstration have names in seven languages, one is blocked, one has no phone, pictures are small', () => {
    const { people } = JSON.parse(readFileSync(DEMO_PEOPLE, 'utf8')) as {
      people: {
        blocked?: boolean
        pin: string
        ids: Record<string, string>
        claims: { name: { languages: object }; picture?: string; phone_number?: string }
      }[]
    }
    expect(people.length).to.be.within(6, 8)
    for (const { claims } of people) {
      expect(claims.name.languages).to.have.all.keys('en', 'fr', 'ar', 'hi', 'km', 'kn', 'ta')
      expect(claims.picture?.length ?? 0).to.be.below(2048)
    }
    expect(people.filter(({ blocked }) => blocked)).to.have.length(1)
    expect(people.filter(({ claims }) => claims.phone_number === undefined)).to.have.length(1)
    expect(people.find(({ ids }) => ids['uin'] === '8267411571')?.pin).to.equal('545411')
  })
})
