import type { EventFilter, Position, StoredEvent } from '../../domain/ports.ts'
import { numberOf, positionOf } from './positions.ts'
import type { Source } from './subscription.ts'

const MAX = 256
/** Positions that one call looks at, at most: a rare filter answers less than was asked for instead of holding up the process. */
const SCANNED_MAX = 16_384
const WINDOW = 1024

type Answer = { readonly events: readonly StoredEvent[]; readonly next: Position | undefined; readonly end: boolean }

/** `readAll` of the port over a `scan`. */
export const readAllOf = (
  source: Source,
  options: { readonly after?: Position; readonly max?: number; readonly filter?: EventFilter },
): Answer => {
  const max = options.max ?? MAX
  const start = numberOf(options.after)
  const window = options.filter === undefined ? max : WINDOW
  let events: readonly StoredEvent[] = []
  let at = start
  let end = false
  while (!end && events.length < max && at - start < SCANNED_MAX) {
    const page = source.scan(at, window, options.filter)
    events = events.length === 0 ? page.events : [...events, ...page.events]
    at = Math.max(at, page.next)
    end = page.end
  }
  const cut = events.slice(0, max)
  const last = cut.at(-1)
  if (events.length > max && last !== undefined) return { events: cut, next: last.position, end: false }
  return { events, next: at === 0 ? undefined : positionOf(at), end }
}
