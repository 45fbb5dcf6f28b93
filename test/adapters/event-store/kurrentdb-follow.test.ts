import { expect } from 'chai'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { EventStore, Log, StoredEvent, SubscriptionMessage } from '../../../domain/ports.ts'
import { anEvent, events, everything, until } from '../../contracts/event-store.ts'
import { ERRORS } from '../../support/kurrentdb/script.ts'
import { type StandIn, standIn } from '../../support/kurrentdb/server.ts'
import { openKurrentDb } from './kurrentdb-tools.ts'

const WATCH_MS = 150

describe('event store: kurrentdb, subscriptions and consumers under faults (event-store 4.1)', function () {
  this.timeout(60_000)
  let server: StandIn
  let store: EventStore
  let warnings: string[]
  const log: Log = { info: () => undefined, warn: (event) => void warnings.push(event), error: () => undefined }
  beforeEach(async () => {
    warnings = []
    server = await standIn()
    store = await openKurrentDb({ connection: server.connection, budgetMs: 20_000 }, { watchMs: WATCH_MS, log })
  })
  afterEach(async () => {
    await store.close()
    server.stop()
  })

  const follow = () => {
    const messages: SubscriptionMessage[] = []
    store.subscribe({}, (message) => void messages.push(message))
    const ids = (): readonly string[] => messages.flatMap((message) => (message.kind === 'event' ? [message.event.id] : []))
    return { ids, isCaughtUp: () => messages.at(-1)?.kind === 'caughtUp' }
  }

  const append = async (name: string, count = 3): Promise<void> => {
    for (let n = 0; n < count; n++) await store.append(`${name}-${n}`, 'no_stream', events(2))
  }

  /** What was seen is what is there: nothing missing, nothing twice, in order. */
  const seesEverything = async (ids: () => readonly string[], count: number): Promise<void> => {
    await until(() => ids().length >= count, `${count} events`)
    expect(ids()).to.deep.equal((await everything(store)).map(({ id }) => id))
  }

  it('28 a subscription that the server ends cleanly or with an error goes on where it was, and says so in the log', async () => {
    server.script.next('follow', { kind: 'end' }, 2)
    server.script.next('follow', { kind: 'fail', error: ERRORS.reset }, 2)
    const tail = follow()
    await append('s')
    await seesEverything(tail.ids, 6)
    expect(warnings.filter((event) => event === 'event_store_resubscribed').length).to.be.at.least(4)
    expect(store.health?.().resubscribed).to.be.at.least(4)
  })

  it('28 a subscription that the server ends cleanly is not waited for until it was silent for long', async () => {
    const other = await openKurrentDb({ connection: server.connection }, { watchMs: 60_000, log })
    server.script.next('follow', { kind: 'end' })
    let seen = 0
    const subscription = other.subscribe({}, ({ kind }) => void (seen += kind === 'event' ? 1 : 0))
    await append('s')
    await until(() => seen === 6, 'the events')
    await subscription.stop()
    await other.close()
  })

  it('28 a subscription goes on after the server was killed and came back, more than once', async () => {
    const tail = follow()
    for (const [n, round] of ['a', 'b', 'c'].entries()) {
      await append(round)
      await until(() => tail.ids().length === 6 * (n + 1), 'what was appended')
      server.stop()
      await server.start()
    }
    await append('last')
    await seesEverything(tail.ids, 24)
    // From where it was, so nothing is told twice.
    expect(server.script.count('told')).to.be.at.most(24)
  })

  it('28 a subscription to a server that is away for longer than any call may take begins when it comes', async () => {
    const patient = await openKurrentDb({ connection: server.connection, budgetMs: 200 }, { watchMs: WATCH_MS, log })
    server.stop()
    const seen: string[] = []
    const subscription = patient.subscribe({}, (message) => {
      if (message.kind === 'event') seen.push(message.event.id)
    })
    await until(() => warnings.length >= 3, 'three vain tries')
    await server.start()
    const batch = events(2)
    await store.append('s', 'no_stream', batch)
    await until(() => seen.length === 2, 'the events')
    expect(seen).to.deep.equal(batch.map(({ id }) => id))
    await subscription.stop()
    await patient.close()
  })

  it('a subscription that is silently dead is noticed by the head of the log, and begun anew', async () => {
    server.script.next('follow', { kind: 'mute' }, 2)
    const tail = follow()
    await append('s')
    await seesEverything(tail.ids, 6)
    expect(server.script.count('follow')).to.be.at.least(3)
  })

  it('F3 a subscription that is not even confirmed is begun anew', async () => {
    server.script.next('follow', { kind: 'silent' })
    const tail = follow()
    await append('s')
    await seesEverything(tail.ids, 6)
  })

  it('26 a handler far behind reads from the server what the process no longer keeps', async () => {
    const seen: StoredEvent[] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    store.subscribe({}, async (message) => {
      if (message.kind !== 'event') return
      seen.push(message.event)
      await gate
    })
    await store.append('first', 'no_stream', events(1))
    await until(() => seen.length === 1, 'the first event')
    for (let n = 0; n < 25; n++) await store.append(`s-${n}`, 'no_stream', events(100))
    const reads = server.script.count('read')
    release()
    await until(() => seen.length === 2501, 'all events', 40_000)
    expect(server.script.count('read')).to.be.above(reads)
    expect(seen.map(({ id }) => id)).to.deep.equal((await everything(store)).map(({ id }) => id))
  })

  it('26 large events are kept for a handler far behind by their size, not by their number', async () => {
    let seen = 0
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    store.subscribe({}, async (message) => {
      if (message.kind !== 'event') return
      seen += 1
      await gate
    })
    await store.append('first', 'no_stream', events(1))
    await until(() => seen === 1, 'the first event')
    const data = JSON.stringify({ x: 'x'.repeat(250_000) })
    for (let n = 0; n < 12; n++) await store.append(`s-${n}`, 'no_stream', events(4, { data }))
    const reads = server.script.count('read')
    release()
    await until(() => seen === 49, 'all events', 40_000)
    expect(server.script.count('read')).to.be.above(reads)
  })

  it("events of the server itself are nobody's: not read, not followed, not the head", async () => {
    await append('s', 1)
    const head = await store.head()
    const record = { type: '$stats', contentType: 'application/json', data: new TextEncoder().encode('{}'), metadata: new Uint8Array() }
    for (let n = 0; n < 80; n++) server.log.append('$stats-1', 'any', [{ id: anEvent().id, ...record }])
    expect(await store.head()).to.equal(head)
    const tail = follow()
    await until(tail.isCaughtUp, 'the tail')
    expect(tail.ids()).to.have.length(2)
    expect(await everything(store, { max: 7 })).to.have.length(2)
  })

  describe('consumers', () => {
    const consume = (seen: string[]): void =>
      void store.consume({ group: 'g', filter: { types: ['Wish'] } }, async ({ id }) => {
        seen.push(id)
        return { kind: 'done' }
      })
    const wish = async (stream: string): Promise<string> => {
      const event = anEvent({ type: 'Wish' })
      await store.append(stream, 'no_stream', [event])
      return event.id
    }

    it('join again when the server drops them, ends them, or has lost the group', async () => {
      server.script.next('create', { kind: 'fail', error: ERRORS.notReady })
      server.script.next('join', { kind: 'end' })
      server.script.next('join', { kind: 'fail', error: ERRORS.dropped('g') })
      server.script.next('join', { kind: 'fail', error: ERRORS.groupMissing('g') })
      const seen: string[] = []
      consume(seen)
      const id = await wish('s')
      await until(() => seen.length > 0, 'the wish')
      expect(seen).to.deep.equal([id])
      expect(server.script.count('create')).to.equal(3)
    })

    it('F3 are not stopped by a server that does not say what it can', async () => {
      server.script.next('features', { kind: 'silent' })
      const seen: string[] = []
      consume(seen)
      await wish('s')
      await until(() => seen.length > 0, 'the wish')
    })

    it('make a connection anew that says nothing', async () => {
      server.script.next('join', { kind: 'mute' })
      const seen: string[] = []
      consume(seen)
      await wish('s')
      await until(() => seen.length > 0, 'the wish')
      expect(server.script.count('join')).to.be.at.least(2)
    })

    it('26 that are slow are handed no more than they can hold, and get the rest when they go on', async () => {
      let release: () => void = () => undefined
      const gate = new Promise<void>((resolve) => (release = resolve))
      const seen: string[] = []
      store.consume({ group: 'slow', filter: { types: ['Wish'] }, concurrency: 4 }, async ({ id }) => {
        await gate
        seen.push(id)
        return { kind: 'done' }
      })
      const tail = follow()
      for (let n = 0; n < 6; n++) await store.append(`s-${n}`, 'no_stream', events(100, { type: 'Wish' }))
      await until(() => tail.ids().length === 600 && server.script.count('handed') >= 260, 'all events to be there')
      expect(server.script.count('handed')).to.equal(260)
      release()
      await until(() => seen.length === 600, 'the rest')
    })

    it('get what came while they were away and the server was killed', async () => {
      const first: string[] = []
      const away = store.consume({ group: 'g', filter: { types: ['Wish'] } }, async ({ id }) => {
        first.push(id)
        return { kind: 'done' }
      })
      await wish('first')
      await until(() => first.length === 1, 'the first wish')
      await away.stop()
      const id = await wish('second')
      await append('noise')
      server.stop()
      await server.start()
      const seen: string[] = []
      consume(seen)
      await until(() => seen.includes(id), 'the second wish')
    })

    it('get again what was under way when the server was killed', async () => {
      const tries: number[] = []
      store.consume({ group: 'g', filter: { types: ['Wish'] } }, async () => {
        tries.push(tries.length)
        if (tries.length === 1) await new Promise(() => undefined)
        return { kind: 'done' }
      })
      await wish('s')
      await until(() => tries.length === 1, 'the first try')
      server.stop()
      await server.start()
      await until(() => tries.length === 2, 'the second try')
    })
  })
})
