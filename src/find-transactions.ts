import { pages } from './replay/walk.ts'
import { referenceOf } from './reference.ts'
import type { Journal } from './journal.ts'
import type { Instant, Position, ReadModel, RowQuery, StoredEvent } from '../domain/ports.ts'
import { idOf, kindOf } from '../domain/streams.ts'
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

/** Whether an event of a login is what somebody looks for. */
export type Matches = (event: Pick<StoredEvent, 'id' | 'data' | 'metadata'>) => boolean

/** Of this person: logins name one by a random reference, and no index by persons is kept anywhere (audit-and-operations 1.1, C3). */
export const ofPerson = (ref: string): Matches => {
  const member = `"person":${JSON.stringify(ref)}`
  return ({ data }) => data.includes(member)
}

/** Bearing this id: of the event, its command, the request or event that led to it, a consent. */
export const correlated =
  (id: string): Matches =>
  ({ id: own, data, metadata }) =>
    own === id || metadata.includes(id) || data.includes(id)

/**
 * Logins of which some event matches, oldest first, each once. No index holds them, so the log is looked through from a position on; a
 * page of it is in memory, and the names of what was found.
 */
export async function* transactionsWith(
  journal: Journal,
  views: ReadModel,
  matches: Matches,
  wanted: Wanted & { readonly after?: Position },
  progress: (events: number) => void = () => undefined,
): AsyncGenerator<LiveRow> {
  const seen = new Set<string>()
  let events = 0
  for await (const page of pages(journal.store, wanted.after)) {
    for (const event of page) {
      if (kindOf(event.stream) !== 'transaction' || seen.has(event.stream) || !matches(event)) continue
      seen.add(event.stream)
      const row = await rowOf(views, idOf(event.stream))
      if (row !== undefined && fits(row, wanted)) yield row
    }
    events += page.length
    progress(events)
  }
}
