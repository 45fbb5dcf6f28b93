import {
  appendProblem,
  consumeProblem,
  filterProblem,
  groupProblem,
  readAllProblem,
  readStreamProblem,
} from '../../../domain/event-limits.ts'
import { type Clock, type EventStore, Fault, type Log, type Subscription, type Timers } from '../../../domain/ports.ts'
import { consumer } from '../consumer.ts'
import { ownPositions } from '../groups.ts'
import { numberOf, positionOf } from '../positions.ts'
import { readAllOf } from '../read-all.ts'
import { makeSignal, type Signal } from '../signal.ts'
import { type Source, subscription } from '../subscription.ts'
import { openForReading } from './format.ts'
import { makeReader, type Reader } from './reader.ts'
import { sqliteGroups } from './sqlite-groups.ts'
import { startWriter, type Writer } from './writer.ts'

export type SqliteEventStoreOptions = {
  readonly file: string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  /** Every append settles within it. Default 5,000 ms. */
  readonly budgetMs?: number
  /** For looking into a store, also while others write it. Nothing can be appended or consumed. */
  readonly readOnly?: boolean
  /** How long a message is left to the process that appended it (rule 35). Default 5,000 ms. */
  readonly takeOverMs?: number
}

export type SqliteEventStore = EventStore & {
  /** `stopped` after an error of the disk: nothing is written until the store is opened again. */
  readonly health: () => { readonly status: 'up' | 'stopped'; readonly detail?: string }
}

const BUDGET_MS = 5000
const TAKE_OVER_MS = 5000
/** How often another process's appends are looked for (rule 38). */
const LOOK_MS = 50
const PARKED_MAX = 1000

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new Fault('invalid', problem)
}

/** Raises the signal when another process committed, as long as anybody waits for it. */
const makeWatch = (reader: Reader, timers: Timers, abort: AbortSignal): Signal => {
  let seen = reader.dataVersion()
  let isLooking = false
  const look = async (): Promise<void> => {
    isLooking = true
    while (signal.waiting() > 0 && !abort.aborted) {
      await timers.sleep(LOOK_MS, abort)
      if (abort.aborted) break
      try {
        const version = reader.dataVersion()
        if (version === seen) continue
        seen = version
      } catch {
        // A reader that could not look wakes whoever waits: their own read says what is wrong.
      }
      signal.raise()
    }
    isLooking = false
  }
  const signal = makeSignal(() => {
    if (!isLooking) void look()
  })
  return signal
}

const openReader = async (file: string, writer: Writer | undefined): Promise<Reader> => {
  try {
    return makeReader(openForReading(file))
  } catch (error) {
    await writer?.close()
    throw error
  }
}

const READ_ONLY = 'the event store was opened for reading only'

/** The embedded event store: one file, one writing thread with group commit, one connection that reads. */
export const sqliteEventStore = async (options: SqliteEventStoreOptions): Promise<SqliteEventStore> => {
  const { clock, timers, log, budgetMs = BUDGET_MS, takeOverMs = TAKE_OVER_MS } = options
  const writer = options.readOnly === true ? undefined : await startWriter({ file: options.file, budgetMs }, { timers, log })
  const reader = await openReader(options.file, writer)
  const control = new AbortController()
  const signal = makeWatch(reader, timers, control.signal)
  const source: Source = { scan: reader.scan, event: reader.event, head: reader.head, signal }
  const own = ownPositions()
  const active = new Set<Subscription>()
  let closed: Promise<void> | undefined

  const open = (): void => {
    if (closed !== undefined) throw new Fault('closed', 'the event store is closed')
  }
  const writing = (): Writer => {
    open()
    if (writer === undefined) throw new Fault('invalid', READ_ONLY)
    return writer
  }
  const follow = (one: Subscription): Subscription => {
    active.add(one)
    const forget = (): void => void active.delete(one)
    one.ended.then(forget, forget)
    return one
  }
  const close = async (): Promise<void> => {
    await Promise.all([...active].map((one) => one.stop()))
    control.abort()
    // The writer closes last, so that it can fold the log back into the file.
    reader.close()
    await writer?.close()
  }

  return {
    append: async (stream, expected, events) => {
      const asked = writing()
      refuse(appendProblem(stream, expected, events))
      const done = await asked.ask({ kind: 'append', stream, expected: expected === 'no_stream' ? -1 : expected, events })
      if (done.kind !== 'appended') throw new Fault('ambiguous', 'the writer of the event store answered something else')
      own.add(done.position - events.length + 1, done.position)
      signal.raise()
      return { revision: done.revision, position: positionOf(done.position) }
    },
    readStream: async (stream, slice = {}) => {
      open()
      refuse(readStreamProblem(stream, slice))
      return reader.readStream(stream, slice)
    },
    readAll: async (wish = {}) => {
      open()
      refuse(readAllProblem(wish))
      return readAllOf(source, wish)
    },
    head: async () => {
      open()
      const head = reader.head()
      return head === 0 ? undefined : positionOf(head)
    },
    subscribe: (wish, handler) => {
      open()
      refuse(filterProblem(wish.filter))
      numberOf(wish.after)
      return follow(subscription(source, timers, wish, handler))
    },
    consume: (wish, handler) => {
      const groups = sqliteGroups(reader, writing(), own)
      refuse(consumeProblem(wish))
      return follow(consumer({ source, groups, clock, timers, takeOverMs, warn: log.warn }, wish, handler))
    },
    parked: async (group) => {
      open()
      refuse(groupProblem(group))
      return reader.groups.parked(group, PARKED_MAX, reader.event)
    },
    replayParked: async (group, eventId) => {
      const asked = writing()
      refuse(groupProblem(group))
      const done = await asked.ask({ kind: 'replay', group, eventId, visibleAt: Date.parse(clock.now()) })
      signal.raise()
      return done.kind === 'changed' ? done.count : 0
    },
    close: () => (closed ??= close()),
    health: () => {
      const stopped = writer?.stopped()
      return stopped === undefined ? { status: 'up' } : { status: 'stopped', detail: stopped.message }
    },
  }
}
