import { decode } from '../codec.ts'
import type { EventStore, Instant, Position } from '../../domain/ports.ts'
import { millisecondsOf } from '../../domain/time.ts'
import type { Runnable } from '../../projections/runnable.ts'

const COUNTED_MAX = 10_000
const PAGE_EVENTS = 1000

/** How far a generation is behind: events of its own that it has not told, and the age of the oldest of them. */
export type Lag = {
  /** At most 10,000 are counted. */
  readonly events: number
  readonly ageMs: number
}

const atOf = (event: Parameters<typeof decode>[0]): Instant | undefined => {
  try {
    return decode(event).at
  } catch {
    // It is told as one that cannot be read; when it was recorded is not to be had.
    return undefined
  }
}

export const lagOf = async (store: EventStore, { filter }: Runnable, position: Position | undefined, now: Instant): Promise<Lag> => {
  let events = 0
  let oldest: Instant | undefined
  for (let after = position; events < COUNTED_MAX;) {
    const page = await store.readAll({ max: PAGE_EVENTS, ...(after !== undefined && { after }), ...(filter && { filter }) })
    const [first] = page.events
    if (events === 0 && first !== undefined) oldest = atOf(first)
    events += page.events.length
    if (page.end || page.next === undefined) break
    after = page.next
  }
  return { events, ageMs: oldest === undefined ? 0 : Math.max(0, millisecondsOf(now) - millisecondsOf(oldest)) }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `3 min`: in the largest unit that fits, rounded. */
export const duration = (ms: number): string => {
  const [unit, size] = UNITS.find(([, smallest]) => ms >= smallest) ?? ['s', 1000]
  return `${String(Math.round(ms / size))} ${unit}`
}

export const lagText = ({ events, ageMs }: Lag): string =>
  events === 0
    ? 'none'
    : `${String(events)}${events >= COUNTED_MAX ? ' or more' : ''} ${events === 1 ? 'event' : 'events'}, ${duration(ageMs)}`
