import type { DatabaseSync } from 'node:sqlite'
import { type EventFilter, Fault, type Parked, type StoredEvent, type StreamSlice } from '../../../domain/ports.ts'
import type { Delivery } from '../groups.ts'
import { matches, positionOf } from '../positions.ts'
import type { Page, Source } from '../subscription.ts'
import { guarded } from './faults.ts'

type Cell = null | number | bigint | string | Uint8Array
type Cells = readonly Cell[]

const READ_MAX = 4096

const uuidOf = (hex: string): string => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

const corrupt = (message: string): Fault => new Fault('corrupt', message)

const numeric = (cell: Cell | undefined): number => {
  if (typeof cell !== 'number') throw corrupt('a number is missing in the file of the event store')
  return cell
}

const text = (cell: Cell | undefined): string => {
  if (typeof cell !== 'string') throw corrupt('a text is missing in the file of the event store')
  return cell
}

/** Columns: position, revision, id, type, data, metadata, beginning at `at`. */
const COLUMNS = 'e.position, e.revision, lower(hex(e.id)), e.type, e.data, e.metadata'

const eventOf = (stream: string, cells: Cells, at: number): StoredEvent => ({
  id: uuidOf(text(cells[at + 2])),
  type: text(cells[at + 3]),
  data: text(cells[at + 4]),
  metadata: text(cells[at + 5]),
  stream,
  revision: numeric(cells[at + 1]),
  position: positionOf(numeric(cells[at])),
})

type Statement = { readonly all: (...values: readonly (string | number)[]) => readonly Cells[] }

/** Prepared once. Rows come as arrays, and every read is over before it answers, so no snapshot is held between two reads. */
const prepared = (db: DatabaseSync, sql: string): Statement => {
  const statement = db.prepare(sql, { returnArrays: true })
  return { all: (...values) => guarded(() => statement.all(...values) as unknown as readonly Cells[]) }
}

/**
 * Says where a stream is not whole: a row missing, doubled, above the head, or at a place in the log that contradicts its revision.
 * `first` is the revision at which the answer has to begin.
 */
const checkSlice = (stream: string, head: number, first: number, step: 1 | -1, max: number, events: readonly StoredEvent[]): void => {
  const last = step === 1 ? head : 0
  const wanted = Math.min(max, (last - first) * step + 1)
  let before: StoredEvent | undefined
  events.forEach((event, index) => {
    if (event.revision > head) throw corrupt(`stream ${stream} has an event at revision ${event.revision}, above its head ${head}`)
    const expected = first + index * step
    if (event.revision !== expected) throw corrupt(`stream ${stream} has no event at revision ${expected}`)
    if (before !== undefined && (step === 1 ? before.position >= event.position : before.position <= event.position))
      throw corrupt(`stream ${stream} is out of order at revision ${event.revision}`)
    before = event
  })
  if (events.length < wanted) throw corrupt(`stream ${stream} has no event at revision ${first + events.length * step}`)
}

const makeReadStream = (db: DatabaseSync) => {
  // One statement is one snapshot, so head and events belong together.
  const forwards = prepared(
    db,
    `SELECT s.revision, ${COLUMNS} FROM streams s LEFT JOIN events e ON e.stream = s.id AND e.revision >= ?
     WHERE s.name = ? ORDER BY e.revision LIMIT ?`,
  )
  const backwards = prepared(
    db,
    `SELECT s.revision, ${COLUMNS} FROM streams s LEFT JOIN events e ON e.stream = s.id AND e.revision <= ?
     WHERE s.name = ? ORDER BY e.revision DESC LIMIT ?`,
  )
  const heads = prepared(db, 'SELECT revision FROM streams WHERE name = ?')

  /** Answers most reads: of streams that are known already, and of those that are still to be. */
  const headOf = (stream: string): number | undefined => heads.all(stream).map((row) => numeric(row[0]))[0]

  return (
    stream: string,
    options: { readonly from?: number; readonly max?: number; readonly direction?: 'forwards' | 'backwards' },
  ): StreamSlice => {
    const { max = READ_MAX, direction = 'forwards' } = options
    const isForwards = direction === 'forwards'
    const from = options.from ?? (isForwards ? 0 : Number.MAX_SAFE_INTEGER)
    const seen = headOf(stream)
    if (seen === undefined) return { exists: false, events: [] }
    if (isForwards && from > seen) return { exists: true, events: [] }
    const rows = (isForwards ? forwards : backwards).all(from, stream, max)
    const first = rows[0]
    if (first === undefined) return { exists: false, events: [] }
    const head = numeric(first[0])
    const events = first[1] === null ? [] : rows.map((row) => eventOf(stream, row, 1))
    checkSlice(stream, head, isForwards ? from : Math.min(from, head), isForwards ? 1 : -1, max, events)
    return { exists: true, events }
  }
}

/** Positions are contiguous from 1, so a row that is gone shows. */
const checkPositions = (after: number, positions: readonly number[]): void =>
  positions.forEach((position, index) => {
    if (position !== after + 1 + index) throw corrupt(`the log has no event at position ${after + 1 + index}`)
  })

/** Rows in one snapshot, and text in one page: big events make smaller pages, so memory and the time of a snapshot are bounded. */
const CHUNK_EVENTS = 64
const PAGE_CHARS_MAX = 8_388_608

const charsOf = (events: readonly StoredEvent[]): number =>
  events.reduce((sum, event) => sum + event.data.length + event.metadata.length, 0)

const makeScan = (db: DatabaseSync) => {
  const everything = prepared(
    db,
    `SELECT s.name, ${COLUMNS} FROM events e LEFT JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?`,
  )
  const types = prepared(db, "SELECT position, type, '' FROM events WHERE position > ? ORDER BY position LIMIT ?")
  const names = prepared(
    db,
    'SELECT e.position, e.type, s.name FROM events e LEFT JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?',
  )
  const single = prepared(db, `SELECT s.name, ${COLUMNS} FROM events e LEFT JOIN streams s ON s.id = e.stream WHERE e.position = ?`)

  const event = (position: number): StoredEvent => {
    const row = single.all(position)[0]
    if (row === undefined) throw corrupt(`the log has no event at position ${position}`)
    return eventOf(text(row[0]), row, 1)
  }

  /** A few rows in one snapshot. */
  const chunk = (after: number, limit: number): Page => {
    const rows = everything.all(after, limit)
    const positions = rows.map((row) => numeric(row[1]))
    checkPositions(after, positions)
    return { events: rows.map((row) => eventOf(text(row[0]), row, 1)), next: positions.at(-1) ?? after, end: rows.length < limit }
  }

  const scanAll = (after: number, window: number): Page => {
    let page: Page = { events: [], next: after, end: false }
    let chars = 0
    while (!page.end && page.events.length < window && chars < PAGE_CHARS_MAX) {
      const more = chunk(page.next, Math.min(CHUNK_EVENTS, window - page.events.length))
      chars += charsOf(more.events)
      page = { events: page.events.length === 0 ? more.events : page.events.concat(more.events), next: more.next, end: more.end }
    }
    return page
  }

  const scanFor = (after: number, window: number, filter: EventFilter): Page => {
    const rows = ('types' in filter ? types : names).all(after, window)
    const positions = rows.map((row) => numeric(row[0]))
    checkPositions(after, positions)
    const events: StoredEvent[] = []
    let chars = 0
    for (const row of rows) {
      if (!matches(filter, text(row[1]), text(row[2]))) continue
      const match = event(numeric(row[0]))
      events.push(match)
      chars += charsOf([match])
      if (chars >= PAGE_CHARS_MAX) return { events, next: numeric(row[0]), end: false }
    }
    return { events, next: positions.at(-1) ?? after, end: rows.length < window }
  }

  const scan: Source['scan'] = (after, window, filter) => (filter === undefined ? scanAll(after, window) : scanFor(after, window, filter))

  return { scan, event }
}

const makeReadGroups = (db: DatabaseSync) => {
  const position = prepared(db, 'SELECT position FROM groups WHERE name = ?')
  const names = prepared(db, 'SELECT name FROM groups ORDER BY name')
  const deliveries = prepared(db, 'SELECT position, tries, visible_at FROM deliveries WHERE consumers = ? ORDER BY visible_at LIMIT ?')
  const parked = prepared(db, 'SELECT position, tries, reason, at FROM parked WHERE consumers = ? ORDER BY position LIMIT ?')
  return {
    names: (): readonly string[] => names.all().map((row) => text(row[0])),
    find: (group: string): number | undefined => position.all(group).map((row) => numeric(row[0]))[0],
    deliveries: (group: string, limit: number): readonly Delivery[] =>
      deliveries.all(group, limit).map((row) => ({ position: numeric(row[0]), tries: numeric(row[1]), visibleAt: numeric(row[2]) })),
    parked: (group: string, limit: number, event: (position: number) => StoredEvent): readonly Parked[] =>
      parked
        .all(group, limit)
        .map((row) => ({ group, event: event(numeric(row[0])), tries: numeric(row[1]), reason: text(row[2]), at: text(row[3]) })),
  }
}

/** Reads on one connection of the calling thread. */
export const makeReader = (db: DatabaseSync) => {
  const head = prepared(db, 'SELECT coalesce(max(position), 0) FROM events')
  const version = prepared(db, 'PRAGMA data_version')
  return {
    ...makeScan(db),
    readStream: makeReadStream(db),
    groups: makeReadGroups(db),
    head: (): number => numeric(head.all()[0]?.[0]),
    /** Another number after another connection committed something. */
    dataVersion: (): number => numeric(version.all()[0]?.[0]),
    close: (): void => db.close(),
  }
}

export type Reader = ReturnType<typeof makeReader>
