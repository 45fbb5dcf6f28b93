import { expect } from 'chai'
import { describe, it } from 'mocha'
import { watch } from '../../src/plugin-status.ts'
import { plugins, type Loaded } from '../../src/plugins.ts'
import { Fault, type PluginDescription, type Timers } from '../../domain/ports.ts'
import { until } from '../support/broker.ts'
import { keptLog } from '../support/given.ts'
import { handClock } from '../support/hand-clock.ts'
import { PLUGIN } from '../support/machine.ts'

const DRAIN_MS = 60_000

/** Sleeps that a test ends. */
const heldTimers = () => {
  const sleeping: { readonly ms: number; readonly wake: () => void }[] = []
  const timers: Timers = {
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleeping.push({ ms, wake })
        signal?.addEventListener('abort', () => wake(), { once: true })
      }),
  }
  return { timers, sleeping }
}

const place = (open: (version: number) => Partial<PluginDescription> = () => ({})) => {
  const closed: string[] = []
  const log = keptLog()
  const clock = handClock()
  const { timers, sleeping } = heldTimers()
  let opened = 0
  const load = async (change: Partial<PluginDescription>): Promise<Loaded> => {
    const version = String((opened += 1))
    const health = async () => ({ status: 'up' }) as const
    return {
      module: './x.js',
      description: { ...PLUGIN, id: 'civil', version, ...change },
      system: { health, close: async () => void closed.push(version) },
    }
  }
  const made = async () => {
    const first = [{ loaded: await load({}), watch: watch(clock), generation: 1 }]
    return plugins({ clock, timers, log, drainMs: DRAIN_MS, open: () => load(open(opened + 1)) }, first)
  }
  return { made, closed, log, sleeping, events: () => log.lines.map(({ event }) => event) }
}

describe('openings of a plugin', () => {
  const begun = (generation: number) => ({ id: 'civil', version: '1', generation })

  it('one that is replaced is found by its logins until its time is over, and closed only then', async () => {
    const { made, closed, sleeping, events } = place()
    const all = await made()
    const served: string[] = []
    all.onServing((id) => served.push(id))
    await all.renew('civil', 2)
    expect([all.idSystems.named('civil')?.generation, all.idSystems.begun(begun(1))?.generation]).to.deep.equal([2, 1])
    expect((await all.status())[0]?.older.map(({ generation }) => generation)).to.deep.equal([1])
    expect([closed, served, sleeping.map(({ ms }) => ms)]).to.deep.equal([[], ['civil'], [DRAIN_MS]])
    sleeping[0]?.wake()
    await until('its end', () => events().includes('plugin_drained'))
    expect(closed).to.deep.equal(['1'])
    expect(all.idSystems.begun(begun(1))?.generation).to.equal(2)
  })

  it('the same request twice, or an older one, opens nothing', async () => {
    const { made, events } = place()
    const all = await made()
    await Promise.all([all.renew('civil', 3), all.renew('civil', 3), all.renew('civil', 2)])
    expect(events().filter((event) => event === 'plugin_replaced')).to.have.length(1)
  })

  it('at most four wait for their logins: of more, the oldest ends before its time', async () => {
    const { made, closed } = place()
    const all = await made()
    for (let generation = 2; generation <= 7; generation += 1) await all.renew('civil', generation)
    expect(closed).to.deep.equal(['1', '2'])
    await all.close()
    expect(closed.toSorted()).to.deep.equal(['1', '2', '3', '4', '5', '6', '7'])
    await all.renew('civil', 8)
    expect(closed).to.have.length(7)
  })

  it('one that cannot be opened changes nothing, and is forgotten when another can', async () => {
    let fails = true
    const { made, closed, log } = place(() => {
      if (fails) throw new Fault('invalid', 'the licence has ended')
      return {}
    })
    const all = await made()
    await all.renew('civil', 2)
    expect((await all.status())[0]).to.deep.include({ generation: 1, older: [] })
    expect((await all.status())[0]?.problem).to.deep.include({ generation: 2, words: 'the licence has ended' })
    expect(log.lines.at(-1)).to.deep.include({ level: 'error', event: 'plugin_not_replaced' })
    fails = false
    await all.renew('civil', 3)
    expect((await all.status())[0]?.problem).to.equal(undefined)
    expect(closed).to.deep.equal([])
  })

  it('what relying parties and people lose by it is said', async () => {
    const { made, log } = place(() => ({ claims: ['name'] }))
    await (await made()).renew('civil', 2)
    expect(log.lines.find(({ event }) => event === 'plugin_offers_less')?.fields).to.deep.equal({
      plugin: 'civil',
      without: ['birthdate', 'email'],
    })
  })

  it('an ID system that is new in the settings is opened like any other', async () => {
    const { made } = place(() => ({ id: 'school' }))
    const all = await made()
    await all.renew('school', 2)
    expect(all.idSystems.serving().map(({ description }) => description.id)).to.deep.equal(['civil', 'school'])
  })

  it('breakers and threads show in the status for as long as they matter', () => {
    const { onBreaker, onThread, status } = watch(handClock())
    onBreaker('verify', 'open')
    onBreaker('release', 'open')
    onBreaker('release', 'half_open')
    onThread({ state: 'ended', reason: 'stuck' })
    expect(status().breakers.map(({ call, state }) => `${call} ${state}`)).to.deep.equal(['verify open', 'release half_open'])
    expect(status().thread).to.deep.include({ isRunning: false, ended: 1 })
    for (const call of ['verify', 'release']) onBreaker(call, 'closed')
    onThread({ state: 'running' })
    expect(status()).to.deep.include({ breakers: [] })
    expect(status().thread?.isRunning).to.equal(true)
  })
})
