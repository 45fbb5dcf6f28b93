import { expect } from 'chai'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { memoryReadModel } from '../../adapters/read-model/memory/memory-read-model.ts'
import { Fault, type Position, type ReadModel } from '../../domain/ports.ts'
import type { EventSource } from '../../projections/projection.ts'
import { run, type Runner } from '../../projections/run.ts'
import type { Runnable } from '../../projections/runnable.ts'
import { finish, given, signIn, systemTimers, type Given } from '../support/given.ts'

const WAIT_MS = 5000

/** Counts every event, by `add`: what shows a doubled effect at once. */
const counting: Runnable = {
  name: 'counting',
  version: 1,
  tables: { counts: { key: 'type', indexes: [] }, log: { key: 'n', indexes: [], appendOnly: true } },
  project: (event) => [
    { kind: 'add', table: 'counts', key: 'all', field: 'events', by: 1 },
    { kind: 'append', table: 'log', row: { position: event.position } },
  ],
}

describe('the runner of projections', () => {
  let world: Given
  let views: ReadModel
  let head: Position
  let events: number
  const runners: Runner[] = []

  before(async () => {
    world = await given()
    await world.register()
    await signIn(world)
    await finish(world)
    head = (await world.store.head()) ?? ''
    events = (await world.all()).filter((message) => message.kind === 'event').length
  })
  after(() => world.close())
  beforeEach(() => {
    views = memoryReadModel()
  })
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop()
    await views.close()
  })

  const tools = (change: { source?: EventSource; views?: ReadModel } = {}) => ({
    source: change.source ?? world.journal.source,
    views: change.views ?? views,
    clock: world.clock,
    timers: systemTimers,
    log: world.log,
  })
  const start = (projection: Runnable, ...options: [] | [Parameters<typeof tools>[0], Parameters<typeof run>[2]?]): Runner => {
    const runner = run(tools(options[0]), projection, options[1])
    runners.push(runner)
    return runner
  }
  const counted = async (): Promise<unknown> => (await views.get('counting', 'counts', 'all'))?.['events']

  it('follows to the head and says so; a wait for what is there answers at once', async () => {
    const runner = start(counting)
    expect(await runner.reached(head, WAIT_MS)).to.equal(true)
    expect(await runner.reached(undefined, 0)).to.equal(true)
    expect(await counted()).to.equal(events)
    expect(await runner.status()).to.include({ projection: 'counting', state: 'running', position: head, parked: 0, restarts: 0 })
  })

  it('a wait for what is not there ends in time', async () => {
    const runner = start(counting)
    expect(await runner.reached(`${head}9`, 60)).to.equal(false)
  })

  it('goes on after a restart without telling anything twice', async () => {
    const first = start(counting)
    await first.reached(head, WAIT_MS)
    await first.stop()
    const second = start(counting)
    expect(await second.reached(head, WAIT_MS)).to.equal(true)
    expect(await counted()).to.equal(events)
  })

  it('two runners on one folder double nothing, and the one that stands by takes over (rule 37)', async () => {
    const [one, other] = [start(counting), start(counting)]
    expect(await one.reached(head, WAIT_MS)).to.equal(true)
    expect(await other.reached(head, WAIT_MS)).to.equal(true)
    expect(await counted()).to.equal(events)
    const states = [(await one.status()).state, (await other.status()).state]
    expect(states).to.include('standing_by')
    await runners[states.indexOf('running')]?.stop()

    await world.client('shop', { type: 'DeactivateClient', at: world.clock.now(), client: 'shop' })
    await world.client('shop', { type: 'ActivateClient', at: world.clock.now(), client: 'shop' })
    head = (await world.store.head()) ?? ''
    events += 2
    const left = runners[states.indexOf('standing_by')]
    expect(await left?.reached(head, WAIT_MS)).to.equal(true)
    expect(await counted()).to.equal(events)
    const rows = await views.list('counting', 'log', { limit: 1000 })
    expect(new Set(rows.map((row) => row['position'])).size).to.equal(events)
  })

  it('parks what it cannot digest, counts it, and goes on', async () => {
    const fragile: Runnable = {
      ...counting,
      project: (event, rows) => {
        if (event.type === 'Authenticated') throw new TypeError('a bug')
        // A change that the read model refuses is a bug as well.
        if (event.type === 'CodeIssued') return [{ kind: 'remove', table: 'nowhere', key: 'x' }]
        return counting.project(event, rows)
      },
    }
    const runner = start(fragile)
    expect(await runner.reached(head, WAIT_MS)).to.equal(true)
    expect((await runner.status()).parked).to.equal(2)
    expect(await counted()).to.equal(events - 2)
    const parked = await views.list('counting', 'parked')
    expect(parked.map((row) => row['type'])).to.have.members(['Authenticated', 'CodeIssued'])
    expect(parked.find((row) => row['type'] === 'Authenticated')).to.include({ problem: 'TypeError: a bug' })
    expect(world.log.lines.some((line) => line.event === 'projection_parked')).to.equal(true)
  })

  it('parks an unreadable event where the projection has no word for it', async () => {
    const source: EventSource = {
      ...world.journal.source,
      subscribe: (options, handler) =>
        world.journal.source.subscribe(options, (message) =>
          message.kind === 'event' && message.event.type === 'Authenticated'
            ? handler({ kind: 'unreadable', event: { ...message.event, bytesDigest: 'x', problem: 'it is damaged', newer: false } })
            : handler(message),
        ),
    }
    const runner = start(counting, { source })
    expect(await runner.reached(head, WAIT_MS)).to.equal(true)
    expect(await views.list('counting', 'parked')).to.have.length(1)
  })

  it('what a newer program recorded is left to a node of it: the older one parks nothing and skips nothing', async () => {
    // The program of this runner cannot read it.
    const older: EventSource = {
      ...world.journal.source,
      subscribe: (options, handler) =>
        world.journal.source.subscribe(options, (message) =>
          message.kind === 'event' && message.event.type === 'Authenticated'
            ? handler({ kind: 'unreadable', event: { ...message.event, bytesDigest: 'x', problem: 'it is newer', newer: true } })
            : handler(message),
        ),
    }
    const old = start(counting, { source: older })
    expect(await old.reached(head, 300)).to.equal(false)
    expect((await old.status()).parked).to.equal(0)
    const next = start(counting)
    expect(await next.reached(head, WAIT_MS)).to.equal(true)
    expect(await counted()).to.equal(events)
    // It has not given up: where the other one went on, it stands.
    expect(await old.reached(head, WAIT_MS)).to.equal(true)
  })

  it('a source that ends is followed again, and a read model that fails is asked again', async () => {
    let subscriptions = 0
    let faults = 0
    const source: EventSource = {
      ...world.journal.source,
      subscribe: (options, handler) => {
        subscriptions += 1
        if (subscriptions === 1) return { stop: async () => undefined, ended: Promise.reject(new Fault('unavailable', 'gone')) }
        if (subscriptions === 2) return { stop: async () => undefined, ended: Promise.resolve() }
        return world.journal.source.subscribe(options, handler)
      },
    }
    const flaky: ReadModel = {
      ...views,
      apply: async (...args) => {
        faults += 1
        if (faults === 1) throw new Fault('unavailable', 'busy')
        return views.apply(...args)
      },
    }
    const runner = start(counting, { source, views: flaky })
    expect(await runner.reached(head, WAIT_MS)).to.equal(true)
    expect(await counted()).to.equal(events)
    expect((await runner.status()).restarts).to.equal(3)
  })

  it('a view that is ahead of its events is built anew (rule 38)', async () => {
    await views.open('counting', 1, { ...counting.tables, parked: { key: 'position', indexes: [] } })
    await views.apply('counting', undefined, `${head}9`, [{ kind: 'add', table: 'counts', key: 'all', field: 'events', by: 1000 }])
    const runner = start(counting)
    await runner.reached(head, 200)
    while (runner.position() !== head) await systemTimers.sleep(10)
    expect(await counted()).to.equal(events)
  })

  it('takes no more than two batches from its source while the database is slow', async () => {
    let delivered = 0
    let written = 0
    let most = 0
    const source: EventSource = {
      head: async () => '0000000000005000',
      subscribe: (_options, handler) => {
        const control = new AbortController()
        const feed = async (): Promise<void> => {
          for (let n = 1; n <= 5000 && !control.signal.aborted; n += 1) {
            delivered += 1
            most = Math.max(most, delivered - written)
            await handler({ kind: 'checkpoint', position: String(n).padStart(16, '0') })
          }
        }
        void feed()
        return { stop: async () => control.abort(), ended: new Promise(() => undefined) }
      },
    }
    const slow: ReadModel = {
      ...views,
      apply: async (name, from, to, changes) => {
        await systemTimers.sleep(5)
        written = Number(to)
        return views.apply(name, from, to, changes)
      },
    }
    const runner = start(counting, { source, views: slow })
    expect(await runner.reached('0000000000005000', WAIT_MS)).to.equal(true)
    expect(most).to.be.at.most(512)
  })
})
