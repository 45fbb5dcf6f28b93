import { Fault, type EventStore, type Instant, type Position, type StoredEvent } from '../../domain/ports.ts'

/** Events of one page: what is held of the log at a time. */
const PAGE_EVENTS = 512

/** Everything after a position in the total order, page by page, as it is stored. Unfiltered: a store finds what lies side by side fastest. */
export async function* pages(store: EventStore, after?: Position): AsyncGenerator<readonly StoredEvent[]> {
  for (let from = after; ;) {
    const page = await store.readAll({ max: PAGE_EVENTS, ...(from !== undefined && { after: from }) })
    yield page.events
    if (page.end || page.next === undefined) return
    from = page.next
  }
}

/** What a check of an event says, without its stream's name, which stands beside it. */
export const problemOf = (error: unknown): string => {
  if (!(error instanceof Fault) || error.code !== 'corrupt') throw error
  return error.message
}

/** Told now and then on the way. */
export type Progress = (done: { readonly signIns: number; readonly events: number; readonly at: Instant | undefined }) => void
