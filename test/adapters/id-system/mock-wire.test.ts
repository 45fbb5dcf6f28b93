import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as mockWire from '../../../adapters/id-system/mock-wire/plugin.ts'
import type { IdSystem, Json, SendRequest } from '../../../adapters/id-system/plugin.ts'
import { loadPlugin } from '../../../adapters/id-system/registry.ts'
import { shortTransaction } from '../../../adapters/id-system/wire.ts'
import type { MockIdentitySystem } from '../../../ops/demo/mock-identity-system/server.ts'
import { subjectToken } from '../../../ops/demo/mock-identity-system/rules.ts'
import { idSystemContract } from '../../contracts/id-system.ts'
import { freePorts } from '../../support/broker.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock, type HandClock } from '../../support/hand-clock.ts'
import { startMockIdentitySystem } from '../../support/mock-identity-system.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'

const MAYA = { type: 'uin', value: '8267411571' } as const
const CLAIMS = ['name', 'given_name', 'family_name', 'gender', 'birthdate', 'email', 'address', 'phone_number', 'picture']
const LANGUAGES = ['en', 'fr', 'ar']
const FACTORS = ['otp', 'pin', 'password', 'knowledge']

/** What the form hands over: the service is asked in its own words. */
const answers = (dateOfBirth: string, email: string, phone: string): string => JSON.stringify({ dateOfBirth, email, phone })
const WRONG_ANSWERS = answers('1901-01-01', 'nobody@almaria.example', '+999000000000')

for (const mode of ['compat', 'strict'] as const) {
  const clock = handClock()
  let system: MockIdentitySystem
  const settings: { [key: string]: Json } = { allowLoopbackHttp: true, languages: LANGUAGES, factors: FACTORS, url: '' }
  describe(`a mock-identity-system in ${mode}`, () => {
    before(async () => {
      system = await startMockIdentitySystem(mode, clock.now)
      settings['url'] = system.url
    })
    after(() => system.close())

    idSystemContract({
      name: 'mock-wire',
      plugin: async () => mockWire,
      settings,
      fixtures: {
        valid: {
          id: MAYA,
          proofs: {
            pin: '545411',
            password: 'Harbour-Lamp-71',
            knowledge: answers('1987-11-25', 'maya.rahimi@mail.almaria.example', '+999205550171'),
          },
          claims: CLAIMS,
        },
        second: {
          id: { type: 'uin', value: '1774231323' },
          proofs: {
            pin: '111111',
            password: 'Orchard-Gate-23',
            knowledge: answers('1992-03-08', 'leo.martin@mail.almaria.example', '+999205550123'),
          },
          claims: ['name'],
        },
        unknown: { type: 'uin', value: '1000000009' },
        wrong: { otp: '000000', pin: '000000', password: 'not-my-password', knowledge: WRONG_ANSWERS },
      },
      sentCodes: async (_directory, transaction) =>
        system
          .mailbox()
          .filter((sent) => sent.transaction === shortTransaction(transaction))
          .map(({ otp }) => otp),
      outage: async (_directory, on) => system.setFaults(on ? { status: 503 } : {}),
      slow: async (_directory, delayMs) => system.setFaults({ delayMs }),
      clock,
    })
  })
}

describe('mock-wire', () => {
  let system: MockIdentitySystem
  let clock: HandClock
  let dataDirectory: string
  const opened: IdSystem[] = []

  before(async () => {
    clock = handClock()
    system = await startMockIdentitySystem('strict', clock.now)
    dataDirectory = mkdtempSync(join(tmpdir(), 'mock-wire-'))
  })
  after(async () => {
    for (const plugin of opened) await plugin.close()
    await system.close()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  const open = async (more: { readonly [key: string]: Json } = {}): Promise<IdSystem> => {
    const settings = { url: system.url, allowLoopbackHttp: true, ...more }
    const tools = { clock, chance: systemChance, log: logBook().log, dataDirectory }
    const loaded = await loadPlugin({ module: 'mock-wire', settings, tools, timers })
    opened.push(loaded.system)
    return loaded.system
  }
  const call = (more = {}) => ({
    idempotencyKey: systemChance.uuid(),
    deadline: clock.in(5000),
    transaction: 'tx_1',
    client: 'harbour',
    ...more,
  })
  const pin = (plugin: IdSystem, more = {}) => plugin.verify!({ ...call(more), id: MAYA, factor: 'pin', proof: '545411' })
  const sessionOf = async (plugin: IdSystem): Promise<string> => {
    const answer = await pin(plugin)
    return answer.ok ? answer.value.session : ''
  }
  const wish = (more: Partial<SendRequest> = {}): SendRequest => ({
    ...call(),
    id: MAYA,
    factor: 'otp',
    channels: [],
    locales: ['en'],
    clientName: 'Harbour',
    reference: 'KQ7M',
    ...more,
  })

  it('is open to https, and to this machine where that is allowed', async () => {
    expect(await faultOf(() => open({ url: 'http://id.example/v1' }))).to.equal('invalid')
    expect(await faultOf(() => open({ allowLoopbackHttp: false }))).to.equal('invalid')
    expect(await faultOf(() => open({ authoritiesFile: '/nowhere' }))).to.equal('invalid')
  })

  it('one person has one key here, and clients that came with their users keep the subject that they know', async () => {
    const plugin = await open({ relyingParties: { ferry: 'ferry-rp' } })
    const [one, two] = [await pin(plugin), await pin(plugin, { client: 'ferry' })]
    expect(one).to.have.nested.property('value.subjectKey', subjectToken(MAYA.value, 'esignet'))
    expect(one).not.to.have.nested.property('value.pairwiseSubject')
    expect(two).to.have.nested.property('value.pairwiseSubject', subjectToken(MAYA.value, 'ferry-rp'))
  })

  it('asks what it is set to ask, and takes nothing for an answer that leaves one out: the service would not look at it', async () => {
    const questions = [{ id: 'dateOfBirth', type: 'date', titles: { en: 'Born on' } }]
    const plugin = await open({ factors: ['knowledge'], questions })
    const ask = (proof: string) => plugin.verify!({ ...call(), id: MAYA, factor: 'knowledge', proof })
    for (const proof of ['{}', '[]', '', '{"dateOfBirth":""}', '{"dateOfBirth":19871125}'])
      expect(await ask(proof)).to.deep.equal({ ok: false, error: 'invalid_input' })
    expect(mockWire.describe({ url: '', factors: ['knowledge'], questions })).to.have.nested.property('factors[0].form.titles.dateOfBirth')
  })

  it('facts come in the languages that are set, dates as dates, an address as text', async () => {
    const plugin = await open({ languages: ['en', 'fr', 'km'] })
    const released = await plugin.release!({
      ...call(),
      session: await sessionOf(plugin),
      claims: ['name', 'birthdate', 'address', 'gender'],
    })
    expect(released).to.have.nested.property('value.claims.birthdate', '1987-11-25')
    expect(released).to.have.nested.property('value.claims.gender', 'female')
    expect(released).to.have.nested.property('value.claims.name.languages').that.has.all.keys('en', 'fr', 'km')
    expect(released).to.have.nested.property('value.claims.address.locality', 'Port Selen')
  })

  it('a new signing key is found; facts that nobody of theirs signed, or of another person, are not believed', async () => {
    const plugin = await open()
    expect((await plugin.release!({ ...call(), session: await sessionOf(plugin), claims: ['name'] })).ok).to.equal(true)
    await system.rotateKey()
    const early = await plugin.release!({ ...call(), session: await sessionOf(plugin), claims: ['name'] })
    expect(early).to.deep.equal({ ok: false, error: 'misconfigured', code: 'signature_wrong' })
    clock.pass(31_000)
    expect((await plugin.release!({ ...call(), session: await sessionOf(plugin), claims: ['name'] })).ok).to.equal(true)
  })

  it('does not send twice what may have been sent, and does what was not', async () => {
    const plugin = await open()
    const lost = wish({ transaction: 'tx_lost', deadline: clock.in(40) })
    system.setFaults({ delayMs: 120 })
    expect(await plugin.send!(lost)).to.include({ ok: false, error: 'unavailable' })
    await new Promise((done) => setTimeout(done, 200))
    system.setFaults({})
    expect(await plugin.send!({ ...lost, deadline: clock.in(5000) })).to.include({ code: 'outcome_unknown' })
    expect(system.mailbox().filter(({ transaction }) => transaction === shortTransaction('tx_lost'))).to.have.length(1)
    system.setFaults({ status: 503 })
    const refused = wish({ transaction: 'tx_refused' })
    expect(await plugin.send!(refused)).to.include({ code: 'http_503' })
    system.setFaults({})
    expect((await plugin.send!(refused)).ok).to.equal(true)
  })

  it('answers in the words of the contract, whatever comes back', async () => {
    const plugin = await open()
    const cases = [
      [{ status: 500 }, 'unavailable', 'http_500'],
      [{ status: 403 }, 'misconfigured', 'http_403'],
      [{ status: 302 }, 'misconfigured', 'http_302'],
      [{ malformed: true }, 'unavailable', 'answer_unfit'],
    ] as const
    for (const [faults, error, code] of cases) {
      system.setFaults(faults)
      expect(await pin(plugin)).to.deep.equal({ ok: false, error, code })
    }
    system.setFaults({ wrongTransaction: true })
    expect(await plugin.send!(wish())).to.deep.equal({ ok: false, error: 'unavailable', code: 'wrong_transaction' })
    system.setFaults({})
    const [port = 0] = await freePorts(1)
    const dead = await open({ url: `http://127.0.0.1:${port}/v1` })
    expect(await pin(dead)).to.deep.equal({ ok: false, error: 'unavailable', code: 'unreachable' })
    expect((await dead.health()).status).to.equal('down')
  })

  it('asks with a wait that ends at the deadline, and leaves no call behind', async () => {
    const plugin = await open()
    system.setFaults({ delayMs: 3000 })
    const begun = performance.now()
    expect(await pin(plugin, { deadline: clock.in(50) })).to.include({ ok: false, error: 'unavailable' })
    expect(performance.now() - begun).to.be.below(2500)
    system.setFaults({})
  })
})
