import type { Change, Position, Row, Tables } from '../domain/ports.ts'
import type { Recorded, SourceMessage, Unreadable } from './projection.ts'
import type { RowKey, Rows, Runnable } from './runnable.ts'

/** Where the runner keeps what a projection cannot digest. */
export const PARKED = 'parked'

export const tablesOf = (projection: Runnable): Tables => ({ ...projection.tables, [PARKED]: { key: 'position', indexes: [] } })

/** Rows that were read or written since the position of the cache; they are the database's own as long as the fence holds. */
export type RowCache = Map<string, Row | undefined>

/** What a batch of messages comes to. */
export type Told = {
  readonly changes: readonly Change[]
  /** The last position of the batch; undefined where it moves nothing. */
  readonly to: Position | undefined
  readonly events: number
  readonly parked: readonly Row[]
}

/** Longer texts are cut: they are for a person's eye. */
const PROBLEM_CHARACTERS_MAX = 200

const cacheKey = (table: string, key: string): string => `${table}\n${key}`

const isNews = (message: SourceMessage, after: Position | undefined): message is Extract<SourceMessage, { event: unknown }> =>
  (message.kind === 'event' || message.kind === 'unreadable') && (after === undefined || message.event.position > after)

/** The rows that a batch needs and the cache lacks. */
export const missingRows = (
  projection: Runnable,
  cache: RowCache,
  messages: readonly SourceMessage[],
  after: Position | undefined,
): readonly RowKey[] => {
  if (projection.reads === undefined) return []
  const keys = new Map<string, RowKey>()
  for (const message of messages) {
    if (!isNews(message, after)) continue
    for (const row of projection.reads(message.event)) {
      const name = cacheKey(row.table, row.key)
      if (!cache.has(name)) keys.set(name, row)
    }
  }
  return [...keys.values()]
}

export const remember = (cache: RowCache, { table, key }: RowKey, row: Row | undefined): void => {
  cache.set(cacheKey(table, key), row)
}

const rowsOf =
  (cache: RowCache): Rows =>
  (table, key) => {
    if (!cache.has(cacheKey(table, key))) throw new Error(`reads() does not name the row ${key} of ${table}`)
    return cache.get(cacheKey(table, key))
  }

const follow = (cache: RowCache, tables: Tables, change: Change): void => {
  if (change.kind === 'append') return
  if (change.kind === 'remove') return remember(cache, change, undefined)
  if (change.kind === 'put') {
    const key = change.row[tables[change.table]?.key ?? '']
    if (typeof key === 'string') remember(cache, { table: change.table, key }, change.row)
    return
  }
  const row = cache.get(cacheKey(change.table, change.key))
  const value = row?.[change.field]
  if (row !== undefined) remember(cache, change, { ...row, [change.field]: (typeof value === 'number' ? value : 0) + change.by })
}

const parkedRow = (event: Recorded | Unreadable, problem: string): Row => ({
  position: event.position,
  stream: event.stream,
  revision: event.revision,
  type: event.type,
  event: event.id,
  problem: problem.slice(0, PROBLEM_CHARACTERS_MAX),
})

const parking = (row: Row): Change => ({ kind: 'put', table: PARKED, row })

const changesOf = (
  projection: Runnable,
  message: Extract<SourceMessage, { event: unknown }>,
  rows: Rows,
): readonly Change[] | { readonly parked: Row } => {
  try {
    if (message.kind === 'event') return projection.project(message.event, rows)
    if (projection.projectUnreadable !== undefined) return projection.projectUnreadable(message.event, rows)
    return { parked: parkedRow(message.event, message.event.problem) }
  } catch (error) {
    return { parked: parkedRow(message.event, error instanceof Error ? `${error.name}: ${error.message}` : 'it cannot be told') }
  }
}

/** A row that is put again in the same batch, with nothing but puts to it between, is written once: as it is in the end. */
const withoutOverwritten = (changes: readonly Change[], tables: Tables): readonly Change[] => {
  const later = new Set<string>()
  const kept: Change[] = []
  for (const change of changes.toReversed()) {
    const key = change.kind === 'put' ? change.row[tables[change.table]?.key ?? ''] : change.kind === 'append' ? undefined : change.key
    const name = typeof key === 'string' ? cacheKey(change.table, key) : undefined
    const isOverwritten = change.kind === 'put' && name !== undefined && later.has(name)
    if (name !== undefined && change.kind === 'put') later.add(name)
    else if (name !== undefined) later.delete(name)
    if (!isOverwritten) kept.push(change)
  }
  return kept.toReversed()
}

/**
 * The changes of a batch, in order. An event at or below `after` was told before and is left out, so telling twice is telling once.
 * What cannot be digested becomes a parked row; the others go on.
 */
export const tell = (projection: Runnable, cache: RowCache, messages: readonly SourceMessage[], after: Position | undefined): Told => {
  const changes: Change[] = []
  const parked: Row[] = []
  const rows = rowsOf(cache)
  let to = after
  let events = 0
  for (const message of messages) {
    const position = 'event' in message ? message.event.position : message.position
    if (isNews(message, to)) {
      const told = changesOf(projection, message, rows)
      if ('parked' in told) parked.push(told.parked)
      else for (const change of told) follow(cache, projection.tables, change)
      changes.push(...('parked' in told ? [parking(told.parked)] : told))
      events += 1
    }
    if (position !== undefined && (to === undefined || position > to)) to = position
  }
  return { changes: withoutOverwritten(changes, projection.tables), to: to === after ? undefined : to, events, parked }
}

/** What a single event comes to whose changes the read model refuses: a bug of the projection, parked like any other. */
export const tellRefused = (message: SourceMessage, problem: string): Told | undefined => {
  if (!('event' in message)) return undefined
  const row = parkedRow(message.event, problem)
  return { changes: [parking(row)], to: message.event.position, events: 1, parked: [row] }
}
