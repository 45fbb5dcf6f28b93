import { type Clock, type EventStore, Fault, type Log, type Timers } from '../../../domain/ports.ts'
import { type Engine, eventStoreOver } from '../event-store-over.ts'
import { ownPositions } from '../groups.ts'
import { positionOf } from '../positions.ts'
import { openForReading } from './format.ts'
import { makeReader, type Reader } from './reader.ts'
import { sqliteGroups } from './sqlite-groups.ts'
import { watchFile } from './watch.ts'
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
  /** The file does not grow beyond this many pages; then the disk counts as full. Default: no such bound. */
  readonly pagesMax?: number
}

export type SqliteEventStore = EventStore & Required<Pick<EventStore, 'health'>>

const BUDGET_MS = 5000
const TAKE_OVER_MS = 5000
const PARKED_MAX = 1000

const openReader = async (file: string, writer: Writer | undefined): Promise<Reader> => {
  try {
    return makeReader(openForReading(file))
  } catch (error) {
    await writer?.close()
    throw error
  }
}

const makeEngine = (reader: Reader, writer: Writer | undefined, tools: { readonly clock: Clock; readonly timers: Timers }): Engine => {
  const control = new AbortController()
  const own = ownPositions()

  const writing = (): Writer => {
    if (writer === undefined) throw new Fault('invalid', 'the event store was opened for reading only')
    return writer
  }

  return {
    source: { scan: reader.scan, event: reader.event, head: reader.head, signal: watchFile(reader, tools.timers, control.signal) },
    append: async (stream, expected, events) => {
      const done = await writing().ask({ kind: 'append', stream, expected, events })
      if (done.kind !== 'appended') throw new Fault('ambiguous', 'the writer of the event store answered something else')
      own.add(done.position - events.length + 1, done.position)
      return { revision: done.revision, position: positionOf(done.position) }
    },
    readStream: reader.readStream,
    groups: () => sqliteGroups(reader, writing(), own),
    groupNames: reader.groups.names,
    parked: (group) => reader.groups.parked(group, PARKED_MAX, reader.event),
    replay: async (group, eventId) => {
      const done = await writing().ask({ kind: 'replay', group, eventId, visibleAt: Date.parse(tools.clock.now()) })
      return done.kind === 'changed' ? done.count : 0
    },
    drop: async (group, eventId) => {
      const done = await writing().ask({ kind: 'drop', group, eventId })
      return done.kind === 'changed' ? done.count : 0
    },
    close: async () => {
      control.abort()
      // The writer closes last, so that it can fold the log back into the file.
      reader.close()
      await writer?.close()
    },
  }
}

/** The embedded event store: one file, one writing thread with group commit, one connection that reads. */
export const sqliteEventStore = async (options: SqliteEventStoreOptions): Promise<SqliteEventStore> => {
  const { file, clock, timers, log, budgetMs = BUDGET_MS, takeOverMs = TAKE_OVER_MS } = options
  const writer = options.readOnly === true ? undefined : await startWriter({ file, budgetMs, pagesMax: options.pagesMax }, { timers, log })
  const reader = await openReader(file, writer)
  const store = eventStoreOver(makeEngine(reader, writer, { clock, timers }), { clock, timers, takeOverMs, warn: log.warn })
  return {
    ...store,
    health: () => {
      const stopped = writer?.stopped()
      return stopped === undefined ? { status: 'up' } : { status: 'stopped' }
    },
  }
}
