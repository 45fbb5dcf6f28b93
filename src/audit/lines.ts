import { createHash } from 'node:crypto'
import { recordsAfter } from './records.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Digest, EventStore, Instant, Position, ReadModel, StoredEvent } from '../../domain/ports.ts'
import type { AuditRecord } from '../../projections/audit-log.ts'

/** A number of a record, or an instant; both ends are included. */
export type Bound = { readonly n: number } | { readonly at: Instant }

/** Lines of one block: a change that nothing else shows is narrowed down to so many. */
const BLOCK_LINES = 1000
const PAGE_EVENTS = 1024

/** Digests of each thousand lines, line feeds included. */
export const blocksOf = () => {
  const done: Digest[] = []
  let hash = createHash('sha256')
  let lines = 0
  return {
    add: (line: string): void => {
      hash.update(line)
      lines += 1
      if (lines % BLOCK_LINES !== 0) return
      done.push(hash.digest('base64url'))
      hash = createHash('sha256')
    },
    result: (): readonly Digest[] => (lines % BLOCK_LINES === 0 ? done : [...done, hash.copy().digest('base64url')]),
  }
}

/** Records are in the order of their events; instants of several machines may be a little out of order, the numbers never. */
const isBefore = (record: AuditRecord, bound: Bound): boolean =>
  'n' in bound ? record.n < bound.n : record.at === null || record.at < bound.at
const isAfter = (record: AuditRecord, bound: Bound): boolean =>
  'n' in bound ? record.n > bound.n : record.at !== null && record.at > bound.at

export type Asked = {
  readonly views: ReadModel
  readonly store: EventStore
  readonly from: Bound | undefined
  readonly to: Bound | undefined
  /** The last record that there is. */
  readonly until: number
}

/** From the first record that is not before `from` up to the first that is after `to`: without a gap, so that the chain holds. */
async function* between({ views, from, to, until }: Asked): AsyncGenerator<AuditRecord> {
  let begun = from === undefined
  for await (const record of recordsAfter(views, from !== undefined && 'n' in from ? Math.max(0, from.n - 1) : 0)) {
    if (!begun && from !== undefined && isBefore(record, from)) continue
    begun = true
    if (record.n > until || (to !== undefined && isAfter(record, to))) return
    yield record
  }
}

/** Stored events by their positions, asked for in order. */
const eventsInOrder = (store: EventStore) => {
  let page: readonly StoredEvent[] = []
  let at = 0
  let next: Position | undefined
  let ended = false
  return async (position: Position, before: Position | undefined): Promise<StoredEvent | undefined> => {
    next ??= before
    for (;;) {
      for (let event = page[at]; event !== undefined && event.position <= position; event = page[at]) {
        at += 1
        if (event.position === position) return event
      }
      if (at < page.length || ended) return undefined
      const read = await store.readAll({ max: PAGE_EVENTS, ...(next !== undefined && { after: next }) })
      page = read.events
      at = 0
      next = read.next
      ended = read.end
    }
  }
}

/** The position of the record before, so that nothing before it is read. */
const positionBefore = async (views: ReadModel, { n }: AuditRecord): Promise<Position | undefined> =>
  n === 1 ? undefined : ((await views.get('audit-log', 'records', n - 1)) as unknown as AuditRecord | undefined)?.position

/**
 * Each record as a line: the record, the stored bytes of its event, and a seal over both. Where the event is gone the bytes are empty,
 * and whoever verifies says so.
 */
export async function* exportedLines(asked: Asked): AsyncGenerator<{ readonly record: AuditRecord; readonly line: string }> {
  const eventAt = eventsInOrder(asked.store)
  let before: Position | undefined
  let begun = false
  for await (const record of between(asked)) {
    if (!begun) before = await positionBefore(asked.views, record)
    begun = true
    const { data = '', metadata = '' } = (await eventAt(record.position, before)) ?? {}
    const text = JSON.stringify({ ...record, data, metadata }).slice(0, -1)
    yield { record, line: `${text},"seal":"${sha256(text)}"}\n` }
  }
}
