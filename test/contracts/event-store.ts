import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'mocha'
import {
  type Appended,
  type ConsumeOutcome,
  type EventStore,
  Fault,
  type FaultCode,
  type Instant,
  type NewEvent,
  type Position,
  type StoredEvent,
  type Subscription,
  type SubscriptionMessage,
} from '../../domain/ports.ts'

/** An empty store, and what its engine can do besides. */
export type OpenedStore = {
  readonly store: EventStore
  /** Another client of the same data, as another process would open it. Capability `crossProcess`. */
  readonly openSecond?: () => Promise<EventStore>
  /** Closes the store and opens the same data again. Capability `durable`. */
  readonly reopen?: () => Promise<EventStore>
  readonly dispose: () => Promise<void>
}

export type EventStoreHarness = {
  /** `now` is the clock of the client, where it has one. */
  readonly open: (tools?: { readonly now?: () => Instant }) => Promise<OpenedStore>
  readonly durable: boolean
  readonly crossProcess: boolean
  /** Events that lie between an append and its repeat; 100,000 where the engine is not itself a part of the test. */
  readonly otherEvents?: number
  /** A store with room for about a megabyte; `free` makes room again without touching the store. Capability `fullDisk`. */
  readonly openSmall?: () => Promise<OpenedStore & { readonly free: () => Promise<void> }>
}

export const anEvent = (given: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID(),
  type: 'Happened',
  data: '{"n":1}',
  metadata: '{}',
  ...given,
})

export const events = (count: number, given: Partial<NewEvent> = {}): readonly NewEvent[] =>
  Array.from({ length: count }, () => anEvent(given))

export const fails = async (code: FaultCode, work: () => Promise<unknown>): Promise<Fault> => {
  try {
    await work()
  } catch (error) {
    expect(error, String(error)).to.be.instanceOf(Fault)
    const fault = error as Fault
    expect(fault.code, fault.message).to.equal(code)
    return fault
  }
  throw new Error(`expected the fault ${code}, but it went well`)
}

const conflictAt = async (actual: number, work: () => Promise<unknown>): Promise<void> => {
  expect((await fails('conflict', work)).actual).to.equal(actual)
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Looks every few milliseconds; the time is a bound for a broken store, not a wait. */
export const until = async (isSo: () => boolean | Promise<boolean>, what: string, msMax = 10_000): Promise<void> => {
  const end = performance.now() + msMax
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited ${msMax} ms in vain: ${what}`)
    await pause(3)
  }
}

const PAGES_MAX = 100_000

/** The whole log, read in pages. */
export const everything = async (
  store: EventStore,
  options: { readonly after?: Position; readonly max?: number; readonly filter?: Parameters<EventStore['readAll']>[0] & object } = {},
): Promise<readonly StoredEvent[]> => {
  const read: StoredEvent[] = []
  let place: Position | undefined = options.after
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await store.readAll({
      ...(place === undefined ? {} : { after: place }),
      ...(options.max === undefined ? {} : { max: options.max }),
      ...options.filter,
    })
    read.push(...page.events)
    place = page.next
    if (page.end) return read
  }
  throw new Error('the log has no end')
}

const ids = (list: readonly { readonly id: string }[]): readonly string[] => list.map((event) => event.id)

const withoutPlace = ({ id, type, data, metadata }: StoredEvent): NewEvent => ({ id, type, data, metadata })

const done = async (): Promise<ConsumeOutcome> => ({ kind: 'done' })

/** Collects what a subscription says. */
const follow = (store: EventStore, options: Parameters<EventStore['subscribe']>[0] = {}) => {
  const messages: SubscriptionMessage[] = []
  const subscription = store.subscribe(options, (message) => void messages.push(message))
  const seen = (): readonly StoredEvent[] => messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []))
  const isCaughtUp = (): boolean => messages.at(-1)?.kind === 'caughtUp'
  return { messages, seen, isCaughtUp, subscription }
}

/** Promises 1 to 9 of the event store, numbered as in the list of contract tests. */
export const eventStoreContract = (name: string, harness: EventStoreHarness): void => {
  describe(`event store contract: ${name}`, () => {
    let opened: OpenedStore
    let store: EventStore
    let streams = 0
    /** A stream of its own for each test; all share one store, as in life. */
    const aStream = (prefix = 'thing'): string => `${prefix}-${streams++}.${randomUUID()}`
    const aGroup = (): string => `group-${streams++}`

    before(async () => {
      opened = await harness.open()
      store = opened.store
    })
    after(() => opened.dispose())

    const own = async (work: (opened: OpenedStore) => Promise<void>, tools: { readonly now?: () => Instant } = {}): Promise<void> => {
      const one = await harness.open(tools)
      try {
        await work(one)
      } finally {
        await one.dispose()
      }
    }

    describe('append', () => {
      it('1 gives a new stream the revisions 0 to n', async () => {
        const stream = aStream()
        const batch = events(3)
        expect((await store.append(stream, 'no_stream', batch)).revision).to.equal(2)
        expect((await store.append(stream, 2, events(1))).revision).to.equal(3)
        const slice = await store.readStream(stream)
        expect(slice.exists).to.equal(true)
        expect(slice.events.map((event) => event.revision)).to.deep.equal([0, 1, 2, 3])
        expect(slice.events.slice(0, 3).map(withoutPlace)).to.deep.equal(batch)
        expect(slice.events.every((event) => event.stream === stream)).to.equal(true)
      })

      it('2 keeps all events of an append or none', async () => {
        const stream = aStream()
        const [first] = events(1)
        await store.append(stream, 'no_stream', [first!])
        const before = await store.head()
        // The second event is known to the stream already, so the first may not stay.
        await conflictAt(0, () => store.append(stream, 0, [anEvent(), first!]))
        expect((await store.readStream(stream)).events).to.have.length(1)
        expect(await store.head()).to.equal(before)
        expect((await store.append(stream, 0, events(2))).revision).to.equal(2)
      })

      it('3 refuses a wrong revision and says the actual one', async () => {
        const stream = aStream()
        await conflictAt(-1, () => store.append(stream, 0, events(1)))
        await conflictAt(-1, () => store.append(stream, 7, events(1)))
        expect((await store.readStream(stream)).exists).to.equal(false)
        await store.append(stream, 'no_stream', events(3))
        await conflictAt(2, () => store.append(stream, 'no_stream', events(1)))
        await conflictAt(2, () => store.append(stream, 1, events(1)))
        await conflictAt(2, () => store.append(stream, 3, events(1)))
        expect((await store.readStream(stream)).events).to.have.length(3)
      })

      it('4 lets exactly one of 50 writers of the same revision win', async () => {
        const stream = aStream()
        await store.append(stream, 'no_stream', events(1))
        const writers = events(50)
        const results = await Promise.allSettled(writers.map((event) => store.append(stream, 0, [event])))
        expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(1)
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).to.include({ code: 'conflict', actual: 1 })
        }
        const winner = writers[results.findIndex((result) => result.status === 'fulfilled')]
        expect((await store.readStream(stream)).events.at(-1)?.id).to.equal(winner?.id)
      })

      if (harness.crossProcess) {
        it('5 lets exactly one win when the writers are two processes', async () => {
          const second = await opened.openSecond!()
          try {
            for (let round = 0; round < 20; round++) {
              const stream = aStream()
              const results = await Promise.allSettled(
                [store, second, second, store].map((client) => client.append(stream, 'no_stream', events(1))),
              )
              expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(1)
              for (const result of results) {
                if (result.status === 'rejected') expect(result.reason).to.include({ code: 'conflict', actual: 0 })
              }
            }
          } finally {
            await second.close()
          }
        })
      }

      it('6 answers an identical repeat as the first time: at once, after many other events, after a restart', async () => {
        await own(async (one) => {
          const stream = aStream()
          const batch = events(3)
          const first = await one.store.append(stream, 'no_stream', batch)
          const more = events(2)
          const second = await one.store.append(stream, 2, more)
          const repeats = async (client: EventStore): Promise<void> => {
            expect(await client.append(stream, 'no_stream', batch)).to.deep.equal(first)
            expect(await client.append(stream, 2, more)).to.deep.equal(second)
            expect(ids((await client.readStream(stream)).events)).to.deep.equal(ids([...batch, ...more]))
          }
          await repeats(one.store)
          for (let n = 0; n < (harness.otherEvents ?? 100_000) / 1000; n++) await one.store.append(`other-${n}`, 'no_stream', events(1000))
          await repeats(one.store)
          if (one.reopen !== undefined) await repeats(await one.reopen())
        })
      }).timeout(60_000)

      it('7 refuses other ids at the same place, and a known id at another place', async () => {
        const stream = aStream()
        const batch = events(2)
        await store.append(stream, 'no_stream', batch)
        await conflictAt(1, () => store.append(stream, 'no_stream', events(2)))
        await conflictAt(1, () => store.append(stream, 1, [batch[0]!]))
        await conflictAt(1, () => store.append(stream, 'no_stream', [...batch].reverse()))
        expect(ids((await store.readStream(stream)).events)).to.deep.equal(ids(batch))
        // Another stream may hold the same id.
        expect((await store.append(aStream(), 'no_stream', batch)).revision).to.equal(1)
      })

      it('8 refuses a batch of which a part is stored (rule 39)', async () => {
        const stream = aStream()
        const batch = events(2)
        await store.append(stream, 'no_stream', batch)
        await conflictAt(1, () => store.append(stream, 'no_stream', [...batch, anEvent()]))
        await conflictAt(1, () => store.append(stream, 'no_stream', [batch[0]!, anEvent()]))
        await conflictAt(1, () => store.append(stream, 0, [batch[1]!, anEvent()]))
        expect(ids((await store.readStream(stream)).events)).to.deep.equal(ids(batch))
        // A shorter repeat is whole: all its events stand where they would stand.
        expect((await store.append(stream, 'no_stream', [batch[0]!])).revision).to.equal(0)
      })

      it('9 refuses an empty batch and an id twice in one batch', async () => {
        const stream = aStream()
        await fails('invalid', () => store.append(stream, 'no_stream', []))
        const event = anEvent()
        await fails('invalid', () => store.append(stream, 'no_stream', [event, event]))
        expect((await store.readStream(stream)).exists).to.equal(false)
      })

      it('10 takes 256 KiB an event and 1 MiB an append, and not one byte more', async () => {
        const stream = aStream()
        const sized = (bytes: number): NewEvent => anEvent({ data: JSON.stringify({ x: 'x'.repeat(bytes - 10) }) })
        const full = 262_144
        expect(Buffer.byteLength(sized(full).data) + 2).to.equal(full)
        const batch = Array.from({ length: 4 }, () => sized(full))
        await fails('invalid', () => store.append(stream, 'no_stream', [sized(full + 1)]))
        await fails('invalid', () => store.append(stream, 'no_stream', [...batch, anEvent()]))
        // Bytes, not characters: each of these letters takes two.
        await fails('invalid', () => store.append(stream, 'no_stream', [anEvent({ data: `{"x":"${'é'.repeat(131_072)}"}` })]))
        expect((await store.append(stream, 'no_stream', batch)).revision).to.equal(3)
        expect((await store.readStream(stream)).events.map(withoutPlace)).to.deep.equal(batch)
      })

      it('11 takes odd stream names and refuses reserved and unprintable ones', async () => {
        const tail = randomUUID()
        const odd = [
          `имя-${tail}`,
          `名-${tail}`,
          `a.b..c/d\\e-${tail}`,
          `with space-${tail}`,
          `'; DROP TABLE events; --${tail}`,
          `%_-${tail}`,
        ]
        const long = `long-${tail}`.padEnd(200, 'x')
        const emoji = `🪪-${tail}`
        for (const stream of [...odd, long, emoji]) {
          await store.append(stream, 'no_stream', events(1))
          expect((await store.readStream(stream)).events[0]?.stream).to.equal(stream)
        }
        const refused = ['', '$all', '$$meta', `${long}x`, 'line\nbreak', 'nul\0', '\u202eright-to-left', '\ud800', 'é'.repeat(101)]
        for (const stream of refused) {
          await fails('invalid', () => store.append(stream, 'no_stream', events(1)))
          await fails('invalid', () => store.readStream(stream))
        }
      })

      it('12 refuses what is no JSON text of an object, whatever it is', async () => {
        const cycle: Record<string, unknown> = {}
        cycle['self'] = cycle
        const values: readonly unknown[] = [
          1n,
          undefined,
          null,
          cycle,
          Number.NaN,
          7,
          {},
          [],
          Symbol('s'),
          '',
          'NaN',
          '1',
          '"x"',
          '[]',
          'null',
        ]
        const texts: readonly unknown[] = ['{"a":undefined}', '{"a":NaN}', "{'a':1}", '{"a":1}x', '{"a":"\ud800"}', '\ufeff{}']
        const stream = aStream()
        for (const value of [...values, ...texts]) {
          await fails('invalid', () => store.append(stream, 'no_stream', [anEvent({ data: value as string })]))
          await fails('invalid', () => store.append(stream, 'no_stream', [anEvent({ metadata: value as string })]))
        }
        const odd: readonly unknown[] = [undefined, null, 1n, {}, 'events', [undefined], [null], [1]]
        for (const batch of odd) await fails('invalid', () => store.append(stream, 'no_stream', batch as NewEvent[]))
        for (const id of ['', 'x', randomUUID().toUpperCase(), undefined]) {
          await fails('invalid', () => store.append(stream, 'no_stream', [anEvent({ id: id as string })]))
        }
        for (const type of ['', '1st', 'with space', 'x'.repeat(65), undefined]) {
          await fails('invalid', () => store.append(stream, 'no_stream', [anEvent({ type: type as string })]))
        }
        for (const expected of [-1, 1.5, Number.NaN, 1n, undefined, 'any']) {
          await fails('invalid', () => store.append(stream, expected as number, events(1)))
        }
        expect((await store.readStream(stream)).exists).to.equal(false)
      })

      it('13 settles 1000 appends to 1000 streams at once', async () => {
        const names = Array.from({ length: 1000 }, () => aStream())
        const results = await Promise.all(names.map((stream) => store.append(stream, 'no_stream', events(1))))
        expect(new Set(results.map((result) => result.position)).size).to.equal(1000)
        for (const [n, stream] of names.entries()) {
          const { events: read } = await store.readStream(stream)
          expect(read.map((event) => event.position)).to.deep.equal([results[n]!.position])
        }
      })
    })

    describe('read', () => {
      it('14 reads forwards and backwards, limited, from the middle', async () => {
        const stream = aStream()
        await store.append(stream, 'no_stream', events(10))
        const revisions = async (options: Parameters<EventStore['readStream']>[1]): Promise<readonly number[]> =>
          (await store.readStream(stream, options)).events.map((event) => event.revision)
        expect(await revisions({ max: 3 })).to.deep.equal([0, 1, 2])
        expect(await revisions({ from: 4, max: 3 })).to.deep.equal([4, 5, 6])
        expect(await revisions({ from: 8 })).to.deep.equal([8, 9])
        expect(await revisions({ from: 10 })).to.deep.equal([])
        expect(await revisions({ from: 99 })).to.deep.equal([])
        expect(await revisions({ direction: 'backwards', max: 1 })).to.deep.equal([9])
        expect(await revisions({ direction: 'backwards', from: 4, max: 3 })).to.deep.equal([4, 3, 2])
        expect(await revisions({ direction: 'backwards', from: 1 })).to.deep.equal([1, 0])
        expect(await revisions({ direction: 'backwards', from: 99, max: 2 })).to.deep.equal([9, 8])
        for (const max of [0, 4097, -1, 1.5]) await fails('invalid', () => store.readStream(stream, { max }))
        await fails('invalid', () => store.readStream(stream, { from: -1 }))
      })

      it('15 answers a missing stream with an empty slice', async () => {
        expect(await store.readStream(aStream())).to.deep.equal({ exists: false, events: [] })
        expect(await store.readStream(aStream(), { direction: 'backwards', max: 1 })).to.deep.equal({ exists: false, events: [] })
      })

      it('16 reads its own write at once', async () => {
        const stream = aStream()
        for (let n = 0; n < 20; n++) {
          const appended = await store.append(stream, n === 0 ? 'no_stream' : n - 1, events(1))
          const { events: read } = await store.readStream(stream)
          expect(read).to.have.length(n + 1)
          expect(read.at(-1)).to.include({ revision: appended.revision, position: appended.position })
          expect(await store.head()).to.equal(appended.position)
        }
      })

      it('17 gives data and metadata back byte for byte (promise 7)', async () => {
        const stream = aStream()
        const texts = [
          '{ "spaced" :  1 }',
          '{"big":12345678901234567890,"exp":1e3,"neg":-0}',
          '{"text":"é 名 🪪 \u2028 \\u0000 \\ud83e\\udeaa","nested":{"b":[1,[2,{}]],"a":null}}',
          '{"twice":1,"twice":2}',
          '\n{\t}\r\n',
        ]
        const batch = texts.map((text, index) => anEvent({ data: text, metadata: texts.at(-1 - index)! }))
        await store.append(stream, 'no_stream', batch)
        expect((await store.readStream(stream)).events.map(withoutPlace)).to.deep.equal(batch)
        const all = (await everything(store)).filter((event) => event.stream === stream)
        expect(all.map(withoutPlace)).to.deep.equal(batch)
      })
    })

    describe('total order', () => {
      it('19 shows a tailing reader every event of 64 writers once, in order, none late (rule 1 of the reference)', async () => {
        const start = await store.head()
        const from = start === undefined ? {} : { after: start }
        const tail = follow(store, from)
        const polled: StoredEvent[] = []
        let at = start
        const over = new AbortController()
        const polling = (async () => {
          for (;;) {
            const last = over.signal.aborted
            const page = await store.readAll({ ...(at === undefined ? {} : { after: at }), max: 7 })
            polled.push(...page.events)
            at = page.next
            if (page.end && last) return
            if (page.end) await pause(0)
          }
        })()
        const written = await Promise.all(
          Array.from({ length: 64 }, async () => {
            const stream = aStream()
            const batches: NewEvent[] = []
            for (let n = 0; n < 12; n++) {
              const batch = events(1 + (n % 3))
              await store.append(stream, batches.length === 0 ? 'no_stream' : batches.length - 1, batch)
              batches.push(...batch)
            }
            return batches
          }),
        )
        over.abort()
        await polling
        const count = written.flat().length
        await until(() => tail.seen().length >= count, 'the tail to see everything')
        await tail.subscription.stop()
        const log = ids(await everything(store, from))
        expect(log).to.have.length(count)
        expect(ids(polled)).to.deep.equal(log)
        expect(ids(tail.seen())).to.deep.equal(log)
        const positions = tail.seen().map((event) => event.position)
        expect([...positions].sort()).to.deep.equal(positions)
        expect(new Set(positions).size).to.equal(count)
      })

      it('20 embeds the order of every stream', async () => {
        const revisions = new Map<string, number>()
        for (const event of await everything(store)) {
          expect(event.revision).to.equal((revisions.get(event.stream) ?? -1) + 1)
          revisions.set(event.stream, event.revision)
        }
      })

      it('21 resumes from every position with exactly the rest', async () => {
        await own(async ({ store: small }) => {
          for (let n = 0; n < 12; n++) await small.append(`s-${n}`, 'no_stream', events(3))
          const all = await everything(small)
          expect(all).to.have.length(36)
          for (const [index, event] of all.entries()) {
            expect(await everything(small, { after: event.position })).to.deep.equal(all.slice(index + 1))
          }
          const half = follow(small, { after: all[17]!.position })
          await until(half.isCaughtUp, 'the second half')
          await half.subscription.stop()
          expect(half.seen()).to.deep.equal(all.slice(18))
        })
      })

      it('22 gives the same sequence in pages of any size', async () => {
        await own(async ({ store: small }) => {
          expect(await small.readAll()).to.deep.equal({ events: [], next: undefined, end: true })
          expect(await small.head()).to.equal(undefined)
          for (let n = 0; n < 10; n++) await small.append(`s-${n}`, 'no_stream', events(5, { type: n % 2 === 0 ? 'Even' : 'Odd' }))
          const all = await everything(small, { max: 4096 })
          const odd = all.filter((event) => event.type === 'Odd')
          for (const max of [1, 2, 3, 7, 49, 50, 51]) {
            expect(await everything(small, { max })).to.deep.equal(all)
            expect(await everything(small, { max, filter: { filter: { types: ['Odd'] } } })).to.deep.equal(odd)
          }
          await fails('invalid', () => small.readAll({ max: 4097 }))
          await fails('invalid', () => small.readAll({ after: 'nonsense' }))
        })
      })

      it('23 filters by type or prefix and moves checkpoints past what does not match', async () => {
        await own(async ({ store: small }) => {
          for (let n = 0; n < 30; n++) await small.append(`quiet-${n}`, 'no_stream', events(20, { type: 'Noise' }))
          const wanted = anEvent({ type: 'Wanted' })
          await small.append('loud-1', 'no_stream', [wanted])
          const { position } = await small.append('quiet-last', 'no_stream', events(1, { type: 'Noise' }))
          for (const filter of [{ types: ['Wanted', 'Unheard'] }, { streamPrefixes: ['loud-', 'nowhere'] }]) {
            expect(ids(await everything(small, { filter: { filter } }))).to.deep.equal([wanted.id])
            const tail = follow(small, { filter })
            await until(tail.isCaughtUp, 'the filter to catch up')
            expect(ids(tail.seen())).to.deep.equal([wanted.id])
            const checkpoints = tail.messages.flatMap((message) => (message.kind === 'checkpoint' ? [message.position] : []))
            expect(checkpoints.at(-1)).to.equal(position)
            const [before] = checkpoints
            expect(before! < tail.seen()[0]!.position).to.equal(true)
            await tail.subscription.stop()
            const resumed = follow(small, { filter, after: before! })
            await until(resumed.isCaughtUp, 'the filter to resume')
            await resumed.subscription.stop()
            expect(ids(resumed.seen())).to.deep.equal([wanted.id])
          }
          const both = { types: ['A'], streamPrefixes: ['a'] }
          for (const filter of [both, {}, { types: [] }, { types: ['$'] }, { streamPrefixes: [''] }]) {
            await fails('invalid', () => small.readAll({ filter: filter as { types: string[] } }))
          }
        })
      })
    })

    describe('subscribe', () => {
      it('24 goes from history to live without gap or double', async () => {
        await own(async ({ store: small }) => {
          for (let n = 0; n < 40; n++) await small.append(`history-${n}`, 'no_stream', events(10))
          const tail = follow(small)
          for (let n = 0; n < 100; n++) await small.append(`live-${n}`, 'no_stream', events(2))
          await until(() => tail.seen().length >= 600 && tail.isCaughtUp(), 'history and live')
          await tail.subscription.stop()
          expect(tail.seen()).to.deep.equal(await everything(small))
          const last = tail.messages.at(-1)
          expect(last).to.deep.equal({ kind: 'caughtUp', position: await small.head() })
        })
      })

      it('24 says that it has caught up with an empty store, and again after each time it fell behind', async () => {
        await own(async ({ store: small }) => {
          const tail = follow(small)
          await until(tail.isCaughtUp, 'nothing to be caught up with')
          expect(tail.messages).to.deep.equal([{ kind: 'caughtUp', position: undefined }])
          const { position } = await small.append('s', 'no_stream', events(1))
          await until(() => tail.messages.length === 3, 'the event and the notice')
          expect(tail.messages.at(-1)).to.deep.equal({ kind: 'caughtUp', position })
          await tail.subscription.stop()
        })
      })

      it('25 ends a subscription whose handler throws with that error', async () => {
        await store.append(aStream(), 'no_stream', events(1))
        const thrown = new Error('the handler failed')
        const subscription = store.subscribe({}, () => {
          throw thrown
        })
        expect(await subscription.ended.catch((error: unknown) => error)).to.equal(thrown)
      })

      it('26 hands a slow handler one message at a time', async () => {
        await own(async ({ store: small }) => {
          const seen: Position[] = []
          let underWay = 0
          let most = 0
          let release: () => void = () => undefined
          const gate = new Promise<void>((resolve) => (release = resolve))
          const subscription = small.subscribe({}, async (message) => {
            if (message.kind !== 'event') return
            most = Math.max(most, ++underWay)
            seen.push(message.event.position)
            await gate
            underWay--
          })
          for (let n = 0; n < 50; n++) await small.append(`s-${n}`, 'no_stream', events(20))
          expect(seen).to.have.length(1)
          release()
          await until(() => seen.length === 1000, 'all messages')
          await subscription.stop()
          expect(most).to.equal(1)
          expect(seen).to.deep.equal((await everything(small)).map((event) => event.position))
        })
      })

      it('27 stops within a second, also while a handler hangs', async () => {
        await store.append(aStream(), 'no_stream', events(1))
        const tail = follow(store)
        await until(tail.isCaughtUp, 'the tail')
        let isHanging = false
        const hanging = store.subscribe({}, () => {
          isHanging = true
          return new Promise(() => undefined)
        })
        await until(() => isHanging, 'the handler to hang')
        const start = performance.now()
        await Promise.all([tail.subscription.stop(), hanging.stop()])
        expect(performance.now() - start).to.be.below(1000)
        await tail.subscription.ended
        const count = tail.messages.length
        await store.append(aStream(), 'no_stream', events(1))
        await pause(100)
        expect(tail.messages).to.have.length(count)
      })

      it('28 resumes after a drop where the last effect was stored', async () => {
        await own(async ({ store: small }) => {
          for (let n = 0; n < 20; n++) await small.append(`s-${n}`, 'no_stream', events(5))
          const effects: string[] = []
          let stored: Position | undefined
          for (let drops = 0; drops < 20; drops++) {
            let count = 0
            const subscription: Subscription = small.subscribe(stored === undefined ? {} : { after: stored }, (message) => {
              if (message.kind === 'caughtUp') return void subscription.stop()
              if (message.kind !== 'event') return
              if (++count > 9) throw new Error('dropped')
              effects.push(message.event.id)
              stored = message.event.position
            })
            const isOver = await subscription.ended.then(
              () => true,
              () => false,
            )
            if (isOver) break
          }
          expect(effects).to.deep.equal(ids(await everything(small)))
        })
      })
    })

    describe('faults', () => {
      it('33 finds its own append when the answer was lost: a retry succeeds and leaves one copy', async () => {
        const stream = aStream()
        await store.append(stream, 'no_stream', events(1))
        const batch = events(2)
        const lost: Appended = await store.append(stream, 0, batch)
        await store.append(stream, 2, events(1))
        expect(await store.append(stream, 0, batch)).to.deep.equal(lost)
        expect((await store.readStream(stream)).events).to.have.length(4)
      })

      it('33 drains what is in flight when it closes, then refuses everything as closed', async () => {
        await own(async ({ store: small }) => {
          const tail = follow(small)
          const inFlight = Array.from({ length: 50 }, (_, n) => small.append(`s-${n}`, 'no_stream', events(1)))
          const closing = small.close()
          await fails('closed', () => small.append('late', 'no_stream', events(1)))
          const positions = (await Promise.all(inFlight)).map((appended) => appended.position)
          expect(new Set(positions).size).to.equal(50)
          await closing
          await small.close()
          await tail.subscription.ended
          await fails('closed', () => small.readStream('s-0'))
          await fails('closed', () => small.readAll())
          await fails('closed', () => small.head())
          await fails('closed', async () => small.subscribe({}, () => undefined))
          await fails('closed', async () => small.consume({ group: 'g', filter: { types: ['A'] } }, done))
        })
      })

      if (harness.durable) {
        it('35 loses and doubles nothing when it is restarted under load', async () => {
          await own(async (one) => {
            const batches = Array.from({ length: 200 }, (_, n) => ({ stream: `s-${n % 40}`, n: Math.floor(n / 40), batch: events(2) }))
            const write = ({ stream, n, batch }: (typeof batches)[number], client: EventStore): Promise<Appended> =>
              client.append(stream, n === 0 ? 'no_stream' : n * 2 - 1, batch)
            const acknowledged = new Set<string>()
            const load = Promise.all(
              Array.from({ length: 40 }, async (_, s) => {
                for (const one_ of batches.filter((batch) => batch.stream === `s-${s}`)) {
                  try {
                    await write(one_, one.store)
                  } catch {
                    return
                  }
                  for (const id of ids(one_.batch)) acknowledged.add(id)
                }
              }),
            )
            await pause(2)
            const again = await one.reopen!()
            await load
            for (const [stream, n] of [...new Set(batches.map((batch) => batch.stream))].map((name) => [name, 0] as const)) {
              const stored = ids((await again.readStream(stream)).events)
              const wanted = batches.filter((batch) => batch.stream === stream).flatMap((batch) => ids(batch.batch))
              expect(stored).to.deep.equal(wanted.slice(n, stored.length))
              expect(wanted.filter((id) => acknowledged.has(id)).every((id) => stored.includes(id))).to.equal(true)
            }
            for (const batch of batches) await write(batch, again)
            expect(await everything(again)).to.have.length(400)
          })
        })
      }

      it('43 gives increasing positions while the clock steps back', async () => {
        let ms = Date.parse('2026-11-24T12:00:00.000Z')
        const now = (): Instant => new Date((ms -= 3_600_000)).toISOString()
        await own(
          async ({ store: small }) => {
            const tail = follow(small)
            const appended: Position[] = []
            for (let n = 0; n < 30; n++)
              appended.push((await small.append(`s-${n % 3}`, n < 3 ? 'no_stream' : Math.floor(n / 3) - 1, events(1))).position)
            expect([...appended].sort()).to.deep.equal(appended)
            expect(new Set(appended).size).to.equal(30)
            await until(() => tail.seen().length === 30, 'the tail')
            expect(tail.seen().map((event) => event.position)).to.deep.equal(appended)
          },
          { now },
        )
      })

      if (harness.crossProcess) {
        it('44 works for two processes that open the same data', async () => {
          await own(async (one) => {
            const second = await one.openSecond!()
            const tail = follow(one.store)
            const other = follow(second)
            await Promise.all(
              [one.store, second].map(async (client, c) => {
                for (let n = 0; n < 100; n++) await client.append(`p${c}-${n}`, 'no_stream', events(2))
              }),
            )
            await until(() => tail.seen().length >= 400 && other.seen().length >= 400, 'both tails')
            expect(tail.seen()).to.deep.equal(await everything(second))
            expect(other.seen()).to.deep.equal(await everything(one.store))
            await second.close()
            await one.store.append('after', 'no_stream', events(1))
            await until(() => tail.seen().length === 401, 'the tail of the one that stays')
          })
        })
      }

      const { openSmall } = harness
      if (openSmall !== undefined) {
        it('41 refuses as unavailable while the disk is full and goes on when there is room', async () => {
          const small = await openSmall()
          try {
            const kept: string[] = []
            let fault: Fault | undefined
            for (let n = 0; n < 2000 && fault === undefined; n++) {
              try {
                await small.store.append(`s-${n}`, 'no_stream', events(8, { data: JSON.stringify({ x: 'x'.repeat(8000) }) }))
                kept.push(`s-${n}`)
              } catch (error) {
                fault = error as Fault
              }
            }
            expect(fault).to.include({ code: 'unavailable' })
            expect(kept.length).to.be.greaterThan(0)
            for (const stream of kept) expect((await small.store.readStream(stream)).events).to.have.length(8)
            expect(await everything(small.store)).to.have.length(kept.length * 8)
            await small.free()
            const { position } = await small.store.append(
              'after',
              'no_stream',
              events(8, { data: JSON.stringify({ x: 'x'.repeat(8000) }) }),
            )
            expect(position).to.equal(await small.store.head())
            expect(await everything(small.store)).to.have.length(kept.length * 8 + 8)
          } finally {
            await small.dispose()
          }
        })
      }
    })

    describe('consume', () => {
      const filter = { types: ['Wish'] }
      const wish = (): NewEvent => anEvent({ type: 'Wish' })

      it('29 never lets two consumers of a group both finish a message', async () => {
        await own(async ({ store: small }) => {
          const finished: string[] = []
          const consumers = [1, 2].map(() =>
            small.consume({ group: 'g', filter, concurrency: 4 }, async (event) => {
              await pause(1)
              finished.push(event.id)
              return { kind: 'done' }
            }),
          )
          const wishes = Array.from({ length: 100 }, wish)
          for (const [n, one] of wishes.entries()) await small.append(`s-${n}`, 'no_stream', [anEvent(), one])
          await until(() => finished.length >= 100, 'all wishes')
          await pause(50)
          expect([...finished].sort()).to.deep.equal([...ids(wishes)].sort())
          await Promise.all(consumers.map((one) => one.stop()))
        })
      })

      it('29 serves every group apart, from the start or from now on', async () => {
        await own(async ({ store: small }) => {
          const [before, after_] = [wish(), wish()]
          await small.append('early', 'no_stream', [before])
          const seen: Record<string, string[]> = { old: [], new: [] }
          const consumers = (['old', 'new'] as const).map((group) =>
            small.consume({ group, filter, from: group === 'old' ? 'start' : 'end' }, async (event) => {
              seen[group]!.push(event.id)
              return { kind: 'done' }
            }),
          )
          await until(() => seen['old']!.length === 1, 'history')
          await pause(20)
          await small.append('late', 'no_stream', [after_])
          await until(() => seen['old']!.length === 2 && seen['new']!.length === 1, 'both groups')
          expect(seen).to.deep.equal({ old: [before.id, after_.id], new: [after_.id] })
          await Promise.all(consumers.map((one) => one.stop()))
        })
      })

      it('25 asks a handler that throws again, parks after the last try, and goes on with others', async () => {
        await own(async ({ store: small }) => {
          const [bad, good] = [wish(), wish()]
          const attempts: number[] = []
          const finished: string[] = []
          const consumer = small.consume({ group: 'g', filter, triesMax: 2 }, async (event, attempt) => {
            if (event.id === bad.id) {
              attempts.push(attempt)
              throw new Error('cannot digest it')
            }
            finished.push(event.id)
            return { kind: 'done' }
          })
          await small.append('s', 'no_stream', [bad, good])
          await until(async () => (await small.parked('g')).length === 1, 'the bad one to be parked')
          expect(attempts).to.deep.equal([1, 2])
          expect(finished).to.deep.equal([good.id])
          const [parked] = await small.parked('g')
          expect(parked).to.include({ group: 'g', reason: 'cannot digest it', tries: 2 })
          expect(parked?.event).to.include({ id: bad.id, stream: 's', revision: 0 })
          await consumer.stop()
        })
      })

      if (harness.crossProcess) {
        it('46 shares a group between two processes: each message is finished once', async () => {
          await own(async (one) => {
            const second = await one.openSecond!()
            const finished: string[] = []
            const busy = [0, 0]
            const consumers = [one.store, second].map((client, c) =>
              client.consume({ group: 'g', filter, concurrency: 2 }, async (event) => {
                await pause(3)
                finished.push(event.id)
                busy[c]!++
                return { kind: 'done' }
              }),
            )
            const wishes = Array.from({ length: 60 }, wish)
            for (const [n, event] of wishes.entries()) await (n % 2 === 0 ? one.store : second).append(`s-${n}`, 'no_stream', [event])
            await until(() => finished.length >= 60, 'all wishes', 15_000)
            await pause(100)
            expect([...finished].sort()).to.deep.equal([...ids(wishes)].sort())
            expect(busy.every((count) => count > 0)).to.equal(true)
            await Promise.all(consumers.map((client) => client.stop()))
            await second.close()
          })
        })
      }

      it('47 delivers again what nobody answered within the visibility time', async () => {
        const group = aGroup()
        const event = wish()
        const attempts: number[] = []
        await store.append(aStream(), 'no_stream', [event])
        const consumer = store.consume({ group, filter, visibilityMs: 150, concurrency: 1 }, async (delivered, attempt) => {
          if (delivered.id !== event.id) return { kind: 'done' }
          attempts.push(attempt)
          // The first try hangs, as in a process that died.
          if (attempt === 1) await new Promise(() => undefined)
          return { kind: 'done' }
        })
        await until(() => attempts.length === 2, 'the second try')
        await pause(250)
        expect(attempts).to.deep.equal([1, 2])
        await consumer.stop()
      })

      if (harness.crossProcess) {
        it('47 takes over what a process left when it ended', async () => {
          await own(async (one) => {
            const second = await one.openSecond!()
            await second.append('s', 'no_stream', [wish()])
            let isTaken = false
            second.consume({ group: 'g', filter, visibilityMs: 1500 }, () => {
              isTaken = true
              return new Promise(() => undefined)
            })
            await until(() => isTaken, 'the second process to take it')
            await second.close()
            const attempts: number[] = []
            const consumer = one.store.consume({ group: 'g', filter }, async (_, attempt) => {
              attempts.push(attempt)
              return { kind: 'done' }
            })
            await until(() => attempts.length > 0, 'the first process to take over')
            expect(attempts).to.deep.equal([2])
            await consumer.stop()
          })
        })
      }

      if (harness.durable) {
        it('47 remembers what is done and what is not over a restart', async () => {
          await own(async (one) => {
            const [finished, open] = [wish(), wish()]
            await one.store.append('s', 'no_stream', [finished, open])
            let count = 0
            one.store.consume({ group: 'g', filter }, async (event) => {
              count++
              return event.id === finished.id ? { kind: 'done' } : { kind: 'retry', reason: 'later', afterMs: 300 }
            })
            await until(() => count === 2, 'both to be handed out')
            const again = await one.reopen!()
            const seen: (readonly [string, number])[] = []
            const consumer = again.consume({ group: 'g', filter, visibilityMs: 1000 }, async (event, attempt) => {
              seen.push([event.id, attempt])
              return { kind: 'done' }
            })
            await until(() => seen.length > 0, 'the open one')
            await pause(100)
            expect(seen).to.deep.equal([[open.id, 2]])
            await consumer.stop()
          })
        })
      }

      it('48 parks with the reason: at once when told to, else after the last try', async () => {
        await own(async ({ store: small }) => {
          const [now, later] = [wish(), wish()]
          const consumer = small.consume({ group: 'g', filter, triesMax: 3 }, async (event) =>
            event.id === now.id ? { kind: 'park', reason: 'no such channel' } : { kind: 'retry', reason: 'not yet', afterMs: 5 },
          )
          await small.append('s', 'no_stream', [now, later])
          await until(async () => (await small.parked('g')).length === 2, 'both to be parked')
          const parked = (await small.parked('g')).map(({ event, reason, tries }) => ({ id: event.id, reason, tries }))
          expect(parked).to.deep.equal([
            { id: now.id, reason: 'no such channel', tries: 1 },
            { id: later.id, reason: 'not yet', tries: 3 },
          ])
          expect(await small.parked('another')).to.deep.equal([])
          await consumer.stop()
        })
      })

      it('49 replays parked messages, one or all, with fresh tries', async () => {
        await own(async ({ store: small }) => {
          let isHealed = false
          const attempts: number[] = []
          const consumer = small.consume({ group: 'g', filter }, async (_, attempt) => {
            if (!isHealed) return { kind: 'park', reason: 'broken' }
            attempts.push(attempt)
            return { kind: 'done' }
          })
          const wishes = [wish(), wish(), wish()]
          await small.append('s', 'no_stream', wishes)
          await until(async () => (await small.parked('g')).length === 3, 'all to be parked')
          isHealed = true
          expect(await small.replayParked('g', randomUUID())).to.equal(0)
          expect(await small.replayParked('g', wishes[1]!.id)).to.equal(1)
          await until(() => attempts.length === 1, 'one replay')
          expect(ids((await small.parked('g')).map((parked) => parked.event))).to.deep.equal([wishes[0]!.id, wishes[2]!.id])
          expect(await small.replayParked('g')).to.equal(2)
          await until(() => attempts.length === 3, 'all replays')
          expect(attempts).to.deep.equal([1, 1, 1])
          expect(await small.parked('g')).to.deep.equal([])
          await consumer.stop()
        })
      })

      it('49 drops one parked message for good, and names every group', async () => {
        await own(async ({ store: small }) => {
          expect(await small.groups()).to.deep.equal([])
          const delivered: string[] = []
          const consumers = ['g', 'another'].map((group) =>
            small.consume({ group, filter }, async (event) => {
              delivered.push(`${group} ${event.id}`)
              return { kind: 'park', reason: 'broken' }
            }),
          )
          const wishes = [wish(), wish(), wish()]
          await small.append('s', 'no_stream', wishes)
          await until(async () => (await small.parked('g')).length + (await small.parked('another')).length === 6, 'all to be parked')
          expect(await small.groups()).to.deep.equal(['another', 'g'])
          expect(await small.dropParked('g', randomUUID())).to.equal(0)
          expect(await small.dropParked('g', wishes[1]!.id)).to.equal(1)
          expect(await small.dropParked('g', wishes[1]!.id)).to.equal(0)
          expect(ids((await small.parked('g')).map((parked) => parked.event))).to.deep.equal([wishes[0]!.id, wishes[2]!.id])
          // The other group keeps its own.
          expect(await small.parked('another')).to.have.length(3)
          expect(await small.replayParked('g')).to.equal(2)
          await until(() => delivered.length === 8, 'what was left to come again')
          await until(async () => (await small.parked('g')).length === 2, 'it to be parked again')
          expect(delivered.filter((one) => one === `g ${wishes[1]!.id}`)).to.have.length(1)
          await Promise.all(consumers.map((one) => one.stop()))
        })
      })

      it('50 lets a slow message delay no other', async () => {
        await own(async ({ store: small }) => {
          const slow = wish()
          let release: () => void = () => undefined
          const gate = new Promise<void>((resolve) => (release = resolve))
          const finished: string[] = []
          const consumer = small.consume({ group: 'g', filter, concurrency: 2 }, async (event) => {
            if (event.id === slow.id) await gate
            finished.push(event.id)
            return { kind: 'done' }
          })
          const others = Array.from({ length: 40 }, wish)
          await small.append('slow', 'no_stream', [slow])
          for (const [n, event] of others.entries()) await small.append(`s-${n}`, 'no_stream', [event])
          await until(() => finished.length === 40, 'the others')
          expect([...finished].sort()).to.deep.equal([...ids(others)].sort())
          release()
          await until(() => finished.length === 41, 'the slow one')
          await consumer.stop()
        })
      })

      it('50 waits longer before each try', async () => {
        await own(async ({ store: small }) => {
          const times: number[] = []
          const consumer = small.consume({ group: 'g', filter, triesMax: 3 }, async () => {
            times.push(performance.now())
            return { kind: 'retry', reason: 'not yet' }
          })
          await small.append('s', 'no_stream', [wish()])
          await until(async () => (await small.parked('g')).length === 1, 'all tries')
          expect(times[1]! - times[0]!).to.be.within(90, 900)
          expect(times[2]! - times[1]!).to.be.within(190, 1500)
          await consumer.stop()
        })
      })
    })
  })
}
