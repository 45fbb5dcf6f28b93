import { describe, it, before, after } from 'mocha'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { loadPlugin, type LoadedPlugin, type PluginLoad } from '../../../adapters/id-system/registry.ts'
import type { PluginAnswer, VerifyAnswer } from '../../../adapters/id-system/plugin.ts'
import { systemChance } from '../../support/chance.ts'
import { faultOf } from '../../support/fault-of.ts'
import { until } from '../../support/broker.ts'
import { logBook, systemTimers as timers } from '../../support/plugin-world.ts'

const module = fileURLToPath(new URL('../../support/plugins/wild.js', import.meta.url))
const clock = { now: () => new Date().toISOString() }

describe('a plugin of others in a thread of its own (rule 42)', function () {
  // A thread starts in a quarter of a second, and much later on a busy machine.
  this.timeout(60_000)
  let dataDirectory: string
  let wild: LoadedPlugin
  const book = logBook()
  const threads: string[] = []

  const load = (changes: Partial<PluginLoad> = {}): PluginLoad => ({
    module,
    settings: {},
    tools: { clock, chance: systemChance, log: book.log, dataDirectory },
    timers,
    memoryMb: 48,
    // Each fault is looked at by itself.
    breaker: { failuresMin: 1000 },
    onThread: (change) => threads.push(change.state === 'ended' ? change.reason : change.state),
    ...changes,
  })
  const proveTo = ({ system }: LoadedPlugin, proof: string, ms = 20_000): Promise<PluginAnswer<VerifyAnswer>> =>
    system.verify!({
      idempotencyKey: systemChance.uuid(),
      deadline: new Date(Date.now() + ms).toISOString(),
      transaction: 'tx_1',
      client: 'demo',
      id: { type: 'uin', value: '8267411571' },
      factor: 'password',
      proof,
    })
  /** It may be being replaced. */
  const worksAgain = (): Promise<boolean> => until('a right answer', async () => (await proveTo(wild, 'right')).ok, 40_000)

  before(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'threaded-'))
    wild = await loadPlugin(load())
  })
  after(async () => {
    await wild.system.close()
    rmSync(dataDirectory, { recursive: true, force: true })
  })

  it('answers, releases, follows facts and is healthy as any other', async () => {
    const proven = await proveTo(wild, 'right')
    expect(proven.ok && proven.value.subjectKey).to.equal('wild-8267411571')
    expect(await proveTo(wild, 'other')).to.deep.equal({ ok: false, error: 'challenge_failed' })
    await wild.system.on!['ConsentGiven']!({
      ...{ id: systemChance.uuid(), stream: 's', revision: 0, position: '1', type: 'ConsentGiven', version: 1 },
      ...{ at: clock.now(), correlation: 't', data: {} },
    })
    expect(await wild.system.health()).to.deep.equal({ status: 'up', detail: '1 facts' })
  })

  it('has no environment and no way to the broker but its answers', async () => {
    expect(await proveTo(wild, 'looks around')).to.deep.equal({ ok: false, error: 'challenge_failed', code: 'env:0:true:true' })
  })

  it('says of a line of log what it is about, and nothing in the name of the broker', async () => {
    book.clear()
    await proveTo(wild, 'says what the broker says')
    const line = await until('its line', async () => book.lines().find((one) => one.includes('odd_line')))
    expect(JSON.parse(line)).to.deep.equal(['odd_line', { lines: 1, plugin: module }])
  })

  for (const [way, reason] of [
    ['throws later', 'threw'],
    ['rejects unseen', 'threw'],
    ['spins', 'stuck'],
    ['exits', 'exited'],
    ['leaks heap', 'memory'],
    ['leaks buffers', 'memory'],
  ] as const)
    it(`one that ${way}: its calls are unavailable at once, its thread is replaced, and it works again`, async () => {
      threads.length = 0
      const [gone, beside] = await Promise.all([proveTo(wild, way), way === 'spins' ? proveTo(wild, 'right') : undefined])
      expect(gone).to.deep.equal({ ok: false, error: 'unavailable', code: 'plugin_gone' })
      if (beside !== undefined) expect(beside.ok ? 'ok' : beside.code).to.be.oneOf(['ok', 'plugin_gone'])
      await worksAgain()
      expect(threads).to.deep.equal([reason, 'running'])
    })

  for (const way of ['hangs', 'floods the log', 'floods its streams', 'floods the broker'] as const)
    it(`one that ${way} is unavailable at the deadline, and answers others meanwhile`, async () => {
      book.clear()
      threads.length = 0
      const [late, beside] = await Promise.all([proveTo(wild, way, 1500), sleep(50).then(() => proveTo(wild, 'right'))])
      expect(late).to.deep.equal({ ok: false, error: 'unavailable', code: 'deadline_passed' })
      expect(beside.ok).to.equal(true)
      expect(threads).to.deep.equal([])
      expect(book.lines().length).to.be.below(200)
    })

  for (const [way, code] of [
    ['throws', 'plugin_threw'],
    ['ends the broker', 'plugin_threw'],
    ['answers too much', 'answer_unfit'],
  ] as const)
    it(`one that ${way}: ${code}, and its thread stays`, async () => {
      threads.length = 0
      expect(await proveTo(wild, way)).to.deep.include({ ok: false, code })
      expect((await proveTo(wild, 'right')).ok).to.equal(true)
      expect(threads).to.deep.equal([])
    })

  it('logs nothing of what it threw or was asked (rule 1)', () => {
    expect(book.lines().join('\n')).not.to.match(/the proof was|nobody catches|8267411571/)
  })

  it('is left alone when it fails again and again, tried one by one after a while, and asked as before when it answers', async () => {
    const states: string[] = []
    const breaker = { failuresMin: 3, openMs: 300, probes: 2 }
    const tired = await loadPlugin(load({ breaker, onBreaker: (question, state) => states.push(`${question} ${state}`) }))
    for (let failure = 0; failure < 3; failure += 1) await proveTo(tired, 'throws')
    expect(await proveTo(tired, 'right')).to.deep.equal({ ok: false, error: 'unavailable', code: 'breaker_open' })
    await until('two right answers', async () => (await proveTo(tired, 'right')).ok && (await proveTo(tired, 'right')).ok)
    expect(states).to.deep.equal(['verify open', 'verify half_open', 'verify closed'])
    await tired.system.close()
  })

  it('closes while it hangs, and answers unavailable afterwards', async () => {
    const other = await loadPlugin(load())
    const hanging = proveTo(other, 'hangs')
    await other.system.close()
    expect(await hanging).to.deep.include({ error: 'unavailable' })
    expect(await proveTo(other, 'right')).to.deep.include({ error: 'unavailable' })
  })

  it('is not opened where something speaks against what it says of itself', async () => {
    expect(await faultOf(() => loadPlugin(load({ objection: ({ id }) => (id === 'wild' ? 'not this one' : undefined) })))).to.equal(
      'invalid',
    )
  })
})
