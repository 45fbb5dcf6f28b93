import type { StoredEvent } from '../../domain/ports.ts'
import { matches, numberOf } from './positions.ts'
import type { Page, Source } from './subscription.ts'

/** Newest events kept for those who follow: more than two pages of a reader that is a little behind. */
const TAIL_EVENTS_MAX = 1024
const TAIL_CHARS_MAX = 8_388_608

const charsOf = (event: StoredEvent): number => event.data.length + event.metadata.length

export type Tailed = Source & {
  /** What this process appended, as the engine answered it: whoever follows gets it from here, unless something else stands before it. */
  readonly appended: (events: readonly StoredEvent[]) => void
}

/**
 * The newest events of a source, read from the engine once for all who follow the log in this process; whoever is further behind
 * reads from the engine. The same object is handed to everybody, so what is derived from an event can be remembered with it.
 */
export const tailed = (source: Source): Tailed => {
  const { signal } = source
  let events: StoredEvent[] = []
  let chars = 0
  /** Everything up to here was read; `events` holds the newest of it without a gap. */
  let readTo = 0
  /** The mark under which the engine had nothing more. */
  let readAt: number | undefined

  const forgetOldest = (): void => {
    let surplus = Math.max(0, events.length - TAIL_EVENTS_MAX)
    for (const event of events.slice(0, surplus)) chars -= charsOf(event)
    for (; chars > TAIL_CHARS_MAX && surplus < events.length; surplus += 1) chars -= charsOf(events[surplus] as StoredEvent)
    if (surplus > 0) events = events.slice(surplus)
  }

  const keep = (newest: readonly StoredEvent[]): void => {
    for (const event of newest) {
      events.push(event)
      chars += charsOf(event)
    }
  }

  /** Reads on from the newest event that is known, unless nothing was raised since the engine had nothing more. */
  const readOn = (window: number): void => {
    const mark = signal.mark()
    if (readAt === mark) return
    const page = source.scan(readTo, window, undefined)
    keep(page.events)
    readTo = page.next
    if (page.end) readAt = mark
    forgetOldest()
  }

  const begin = (at: number): void => {
    events = []
    chars = 0
    readTo = at
    readAt = undefined
  }

  return {
    ...source,
    appended: (newest) => {
      // Somebody may have read it before it was answered. What is left of it is next, where the engine had nothing else.
      const unread = newest.filter(({ position }) => numberOf(position) > readTo)
      const isNext = readAt === signal.mark() && (unread[0] === undefined || numberOf(unread[0].position) === readTo + 1)
      signal.raise()
      if (!isNext) return
      keep(unread)
      readTo += unread.length
      readAt = signal.mark()
      forgetOldest()
    },
    scan: (after, window, filter): Page => {
      if (after < readTo - events.length) return source.scan(after, window, filter)
      // Somebody is further than what is kept: that is where the log goes on.
      if (after > readTo) begin(after)
      if (after === readTo) readOn(window)
      const first = events.length === 0 ? readTo : numberOf(events[0]?.position) - 1
      const seen = events.slice(after - first, after - first + window)
      const next = after + seen.length
      return {
        events: filter === undefined ? seen : seen.filter((event) => matches(filter, event.type, event.stream)),
        next,
        end: next === readTo && readAt === signal.mark(),
      }
    },
  }
}
