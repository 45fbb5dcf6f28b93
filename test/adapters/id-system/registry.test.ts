import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe as describeMock } from '../../../adapters/id-system/mock/plugin.ts'
import type { Call, IdSystem, IndividualId, PluginAnswer } from '../../../adapters/id-system/plugin.ts'
import type { IdSystemPlugin } from '../../../adapters/id-system/plugin.ts'
import { checkPlugin, loadPlugin, type PluginLoad } from '../../../adapters/id-system/registry.ts'
import { Fault, type Timers } from '../../../domain/ports.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { handClock } from '../../support/hand-clock.ts'
import { logBook, systemTimers } from '../../support/plugin-world.ts'

const moduleOf = (name: string): string => fileURLToPath(new URL(`../../support/plugins/${name}.js`, import.meta.url))

// A plain JavaScript module, checked when it is loaded.
const unruly = (await import(moduleOf('unruly'))) as IdSystemPlugin

const TOKEN = 'very-secret-token'
const id: IndividualId = { type: 'uin', value: '8267411571' }

describe('loading and guarding a plugin (rule 42)', () => {
  let dataDirectory: string
  const clock = handClock()
  const book = logBook()

  before(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'plugin-'))
  })
  after(() => rmSync(dataDirectory, { recursive: true, force: true }))

  const load = (changes: Partial<PluginLoad> = {}): PluginLoad => ({
    module: moduleOf('unruly'),
    settings: { token: TOKEN },
    tools: { clock, chance: systemChance, log: book.log, dataDirectory },
    timers: systemTimers,
    ...changes,
  })
  /** In this thread: how a guard behaves is the same for all. */
  const inMood = async (mood: string, changes: Partial<PluginLoad> = {}): Promise<IdSystem> =>
    (await loadPlugin(load({ plugin: unruly, settings: { token: TOKEN, mood }, ...changes }))).system

  const problemsOf = async (changes: Partial<PluginLoad>): Promise<readonly string[]> => (await checkPlugin(load(changes))).problems

  /** Every wait ends at once: what hangs meets its deadline. */
  const hurried: Timers = { sleep: (ms, signal) => systemTimers.sleep(Math.min(ms, 20), signal) }

  const call = (ms = 10_000): Call => ({ idempotencyKey: systemChance.uuid(), deadline: clock.in(ms), transaction: 'tx_1', client: 'demo' })
  const verify = (system: IdSystem, changes: object = {}) => system.verify!({ ...call(), id, factor: 'pin', proof: '545411', ...changes })
  const release = (system: IdSystem, claims = ['name']) => system.release!({ ...call(), session: 'session', claims })
  const send = (system: IdSystem) =>
    system.send!({ ...call(), id, factor: 'otp', channels: [], locales: [], clientName: 'Harbour', reference: 'KQ7M' })
  const everything = async (system: IdSystem): Promise<readonly PluginAnswer<unknown>[]> =>
    Promise.all([verify(system), release(system), send(system), system.resolve!({ ...call(), id })])

  it('opens a plain JavaScript module by its path and passes its answers on', async () => {
    const { description, system } = await loadPlugin(load())
    expect(description.id).to.equal('unruly')
    for (const answer of await everything(system)) expect(answer.ok).to.equal(true)
    expect(await system.health()).to.deep.equal({ status: 'up' })
    await system.close()
  })

  it('knows the mock by its word', async () => {
    const { description, system } = await loadPlugin(load({ module: 'mock', settings: {} }))
    await system.close()
    expect(description).to.deep.equal(describeMock())
  })

  it('says everything that is wrong with a module, its description and its settings at once, and no value', async () => {
    expect(await problemsOf({ module: moduleOf('no-plugin') })).to.deep.equal([
      'it exports no function describe()',
      'it exports no function open()',
      'it exports no settingsSchema',
    ])
    expect(await problemsOf({ module: moduleOf('contradicts') })).to.deep.equal([
      'describe() /factors offers otp twice',
      'describe() /factors the shortest otp is longer than the longest',
      'describe() /channels is empty, so no otp can be sent',
      'describe() /idTypes the pattern of uin is no regular expression',
      'settingsSchema is no JSON Schema',
    ])
    const problems = await problemsOf({ settings: { token: 'pass', mood: 'hidden', extra: 1 } })
    expect(problems).to.have.length(3)
    expect(problems.join('\n')).to.include('(extra)').and.not.include('pass').and.not.include('hidden')
    expect((await problemsOf({ module: './not-there.js' }))[0]).to.include('cannot be imported')
  })

  it('does not start with a plugin that lacks what it described, cannot open, or does not in time', async () => {
    expect(await faultOf(() => inMood('opens half'))).to.equal('invalid')
    expect(await faultOf(() => inMood('refuses to open'))).to.equal('invalid')
    expect(await faultOf(() => inMood('never opens', { timers: hurried }))).to.equal('unavailable')
  })

  it('checks a plugin for `esignet plugin check`: problems, or description and health', async () => {
    const well = await checkPlugin(load())
    expect(well).to.deep.include({ ok: true, problems: [], health: { status: 'up' } })
    const half = await checkPlugin(load({ settings: { token: TOKEN, mood: 'opens half' } }))
    expect(half.problems).to.deep.equal([
      'open() answers no verify(), but it describes factors',
      'open() answers no send(), but it describes otp',
      'open() answers no release(), but it describes claims',
    ])
    expect((await checkPlugin(load({ settings: { token: TOKEN, mood: 'refuses to open' } }))).problems).to.deep.equal([
      'open(): the licence has ended',
    ])
    expect((await checkPlugin(load({ settings: { token: TOKEN, mood: 'lies' } }))).problems).to.deep.equal([
      'health is down: its answer does not fit',
    ])
  })

  for (const mood of ['throws', 'rejects'])
    it(`what a plugin ${mood} is \`unavailable\`, logged without content`, async () => {
      const system = await inMood(mood)
      book.clear()
      for (const answer of await everything(system)) expect(answer).to.deep.equal({ ok: false, error: 'unavailable', code: 'plugin_threw' })
      expect(await system.health()).to.deep.equal({ status: 'down', detail: 'it threw' })
      await system.close()
      expect(book.lines()).to.have.length(5)
      expect(book.lines().join('\n')).not.to.include('545411').and.not.include('for you')
    })

  it('what hangs is `unavailable` at the deadline, in every call', async () => {
    const system = await inMood('hangs', { timers: hurried })
    for (const answer of await everything(system))
      expect(answer).to.deep.equal({ ok: false, error: 'unavailable', code: 'deadline_passed' })
    expect(await system.health()).to.deep.equal({ status: 'down', detail: 'no answer in time' })
    await system.close()
  })

  it('is not asked after the deadline, nor with a deadline that is none', async () => {
    const system = await inMood('well')
    for (const deadline of [clock.now(), 'tomorrow']) expect(await verify(system, { deadline })).to.deep.include({ error: 'unavailable' })
    await system.close()
  })

  it('has at most its number of calls under way; places of hung calls come back', async () => {
    let release: () => void = () => undefined
    const abandoned = new Promise<void>((done) => {
      release = done
    })
    // The short waits are the deadlines, the long ones the time after which a hung call gives its place back.
    const timers: Timers = { sleep: (ms, signal) => (ms <= 50 ? systemTimers.sleep(ms, signal) : abandoned) }
    const system = await inMood('hangs', { timers, callsMax: 2 })
    const late = { deadline: clock.in(20) }
    const codes = async (): Promise<readonly unknown[]> =>
      (await Promise.all([verify(system, late), verify(system, late), verify(system, late)])).map((answer) =>
        answer.ok ? '' : answer.code,
      )
    expect(await codes()).to.deep.equal(['deadline_passed', 'deadline_passed', 'plugin_busy'])
    expect(await codes()).to.deep.equal(['plugin_busy', 'plugin_busy', 'plugin_busy'])
    release()
    await systemTimers.sleep(5)
    expect(await codes()).to.deep.equal(['deadline_passed', 'deadline_passed', 'plugin_busy'])
  })

  it('an answer that does not fit is `misconfigured` and goes no further: wrong shape, a factor that was not proven, too long, no data', async () => {
    const unfit = { ok: false, error: 'misconfigured', code: 'answer_unfit' }
    const lies = await inMood('lies')
    for (const answer of [await verify(lies), await send(lies), await lies.resolve!({ ...call(), id })]) expect(answer).to.deep.equal(unfit)
    const swells = await inMood('swells')
    for (const answer of [await verify(swells), await release(swells), await swells.resolve!({ ...call(), id })])
      expect(answer).to.deep.equal(unfit)
  })

  it('a claim that was not asked for and a code with words in it are not passed on, nor logged', async () => {
    for (const mood of ['gossips', 'mutates']) {
      const system = await inMood(mood)
      book.clear()
      expect(await release(system)).to.deep.equal({ ok: false, error: 'misconfigured', code: 'answer_unfit' })
      if (mood === 'gossips') expect(await verify(system)).to.deep.equal({ ok: false, error: 'misconfigured', code: 'answer_unfit' })
      expect(book.lines().join('\n')).not.to.match(/maya/i)
    }
  })

  it('asks for nothing that was not described: `unsupported`, and undescribed claims are left out', async () => {
    const system = await inMood('well')
    const unsupported = { ok: false, error: 'unsupported', code: 'not_described' }
    expect(await verify(system, { factor: 'wallet' })).to.deep.equal(unsupported)
    expect(await verify(system, { id: { type: 'phone', value: '+999205550171' } })).to.deep.equal(unsupported)
    expect(await system.resolve!({ ...call(), id: { type: 'vid', value: '1' } })).to.deep.equal(unsupported)
    expect(await release(system, ['name', 'passport'])).to.deep.equal({ ok: true, value: { claims: { name: 'value' } } })
  })

  it('a fact that the plugin cannot follow fails without what it threw, for the reason is kept', async () => {
    const fact = {
      id: systemChance.uuid(),
      stream: 's',
      revision: 0,
      position: '1',
      type: 'ConsentGiven',
      version: 1,
      at: clock.now(),
      correlation: 't',
      data: {},
    }
    for (const [mood, timers] of [
      ['throws', systemTimers],
      ['hangs', hurried],
    ] as const) {
      const system = await inMood(mood, { timers })
      const error = await system.on!['ConsentGiven']!(fact).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.be.instanceOf(Fault)
      expect((error as Fault).message).to.equal('the plugin unruly could not follow ConsentGiven')
      expect((error as Fault).cause).to.equal(undefined)
    }
  })
})
