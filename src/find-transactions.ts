import { pages } from './replay/walk.ts'
import { referenceOf } from './reference.ts'
import type { Journal } from './journal.ts'
import type { Instant, Position, ReadModel, RowQuery } from '../domain/ports.ts'
import { attemptsStream, idOf } from '../domain/streams.ts'
import { plusSeconds } from '../domain/time.ts'
import type { ErrorRow, LiveRow } from '../projections/live.ts'

export type Wanted = {
  readonly client?: string
  readonly stage?: string
  readonly factor?: string
  /** A reason or a phase, as it is recorded: `wrong`, `limited`, `unavailable`, `before_redemption`. */
  readonly error?: string
  readonly since?: Instant
  readonly until?: Instant
  /** The four characters that the person's page shows. */
  readonly reference?: string
}

/** Rows of one page: what is held at a time. */
const PAGE_ROWS = 500

/** Clocks of nodes may disagree by so much, so a window is read from a little before it. */
const CLOCKS_APART_S = 10

const fits = (row: LiveRow, { client, stage, factor, error, since, until, reference }: Wanted): boolean =>
  (client === undefined || row.client === client) &&
  (stage === undefined || row.stage === stage) &&
  (factor === undefined || row.factor === factor) &&
  (error === undefined || row.errors.includes(error)) &&
  (since === undefined || row.started_at >= since) &&
  (until === undefined || row.started_at < until) &&
  (reference === undefined || referenceOf(row.transaction) === reference)

const rowOf = async (views: ReadModel, transaction: string): Promise<LiveRow | undefined> =>
  // The projection wrote it in this shape.
  (await views.get('live', 'transactions', transaction)) as LiveRow | undefined

/** A table backwards, page by page, from before `until` on until `since`. */
async function* backwards(
  views: ReadModel,
  table: 'transactions' | 'errors',
  orderBy: 'started' | 'id',
  where: NonNullable<RowQuery['where']>,
  { since, until }: Wanted,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  for (let after = until; ;) {
    const rows = await views.list('live', table, {
      where,
      orderBy,
      descending: true,
      limit: PAGE_ROWS,
      ...(after !== undefined && { after }),
    })
    for (const row of rows) {
      const place = row[orderBy] as string
      if (since !== undefined && place < since) return
      yield row
      after = place
    }
    if (rows.length < PAGE_ROWS) return
  }
}

const narrowed = (wanted: Wanted, names: readonly ('client' | 'stage' | 'factor' | 'error')[]): NonNullable<RowQuery['where']> =>
  Object.fromEntries(names.flatMap((name) => (wanted[name] === undefined ? [] : [[name, wanted[name]]])))

/**
 * Logins, newest first, as they are found: a page of rows is in memory, however many there are. The projection `live` is open and as new
 * as the caller wants it.
 */
export async function* findTransactions(views: ReadModel, wanted: Wanted): AsyncGenerator<LiveRow> {
  if (wanted.error !== undefined) {
    for await (const row of backwards(views, 'errors', 'id', narrowed(wanted, ['error', 'client']), wanted)) {
      const found = await rowOf(views, (row as ErrorRow).transaction)
      if (found !== undefined && fits(found, wanted)) yield found
    }
    return
  }
  for await (const row of backwards(views, 'transactions', 'started', narrowed(wanted, ['client', 'stage', 'factor']), wanted)) {
    if (fits(row as LiveRow, wanted)) yield row as LiveRow
  }
}

/** Before the first login that started at an instant or later: where reading the log for it begins. Undefined: at the beginning. */
export const positionOfFirstSince = async (views: ReadModel, since: Instant): Promise<Position | undefined> => {
  const query = { orderBy: 'started', descending: true, after: plusSeconds(since, -CLOCKS_APART_S), limit: 1 } as const
  const [row] = await views.list('live', 'transactions', query)
  return (row as LiveRow | undefined)?.position
}

/** Newest first: logins in which a person tried to prove who they are, or was sent a code. Each once. */
export async function* transactionsOfPerson(journal: Journal, views: ReadModel, person: string, wanted: Wanted): AsyncGenerator<LiveRow> {
  const seen = new Set<string>()
  const paths = (['unknown', 'trusted'] as const).map((path) => journal.backwards(attemptsStream(person, path))[Symbol.asyncIterator]())
  const heads = await Promise.all(paths.map((path) => path.next()))
  for (;;) {
    const newest = heads.reduce<number | undefined>((best, head, index) => {
      if (head.done === true) return best
      const other = best === undefined ? undefined : heads[best]
      return other === undefined || other.done === true || head.value.position > other.value.position ? index : best
    }, undefined)
    const head = newest === undefined ? undefined : heads[newest]
    if (newest === undefined || head === undefined || head.done === true) return
    const { transaction } = head.value.data
    if (typeof transaction === 'string' && !seen.has(transaction)) {
      seen.add(transaction)
      const row = await rowOf(views, transaction)
      if (row !== undefined && fits(row, wanted)) yield row
    }
    const next = await paths[newest]?.next()
    if (next !== undefined) heads[newest] = next
  }
}

/**
 * Logins of which something bears this id: an event, a command, the request or event that led to it, a consent. No index holds them,
 * so the log is looked through from a position on.
 */
export async function* transactionsCorrelated(
  journal: Journal,
  views: ReadModel,
  id: string,
  after: Position | undefined,
  progress: (events: number) => void = () => undefined,
): AsyncGenerator<LiveRow> {
  const direct = await rowOf(views, id)
  if (direct !== undefined) {
    yield direct
    return
  }
  const seen = new Set<string>()
  let events = 0
  for await (const page of pages(journal.store, after)) {
    for (const { stream, id: own, metadata, data } of page) {
      if (!stream.startsWith('authorization-') || !(own === id || metadata.includes(id) || data.includes(id))) continue
      const transaction = idOf(stream)
      if (seen.has(transaction)) continue
      seen.add(transaction)
      const row = await rowOf(views, transaction)
      if (row !== undefined) yield row
    }
    events += page.length
    progress(events)
  }
}
