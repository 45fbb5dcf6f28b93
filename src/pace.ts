import { millisecondsOf } from '../domain/time.ts'
import type { Chance, Clock, Instant, Timers } from '../domain/ports.ts'
import type { UnderWay } from './under-way.ts'

/**
 * How long a no takes. Whoever guesses must not read from a clock whether an identifier is known, blocked, or whether its path is
 * closed and nobody was asked (rule 22). So a no that cost less work waits as long as one of those that cost all of it, drawn from
 * the newest of them, and every no is answered at a full step.
 */
export type Pace = {
  /** Remembers how long one took that did all the work of its kind. */
  readonly note: (kind: string, began: Instant) => void
  /** Waits until one that did less has taken as long as one that was noted. */
  readonly draw: (kind: string, began: Instant) => Promise<void>
  /** Waits for the next full step since the beginning: small differences go under in it. */
  readonly round: (began: Instant) => Promise<void>
}

/** Lengths of each kind that are kept: the newest, so that a slow hour of the ID system is a slow hour for all. */
const KEPT = 64

/** Before anything was noted, milliseconds: what an ID system elsewhere may need. */
const FIRST_MS = 100

/** What is noted and waited for at most, milliseconds: as long as an ID system has for an answer. */
const LENGTH_MS_MAX = 10_000

/** Milliseconds: some times what the steps differ in, and too short to be noticed by a person. */
const STEP_MS = 50

export const pace = (tools: {
  readonly clock: Clock
  readonly timers: Timers
  readonly chance: Chance
  readonly underWay: Pick<UnderWay, 'aside'>
}): Pace => {
  const { clock, timers, chance, underWay } = tools
  const lengths = new Map<string, readonly number[]>()
  // A clock that was set back says nothing about a length.
  const since = (began: Instant): number => Math.max(0, millisecondsOf(clock.now()) - millisecondsOf(began))
  const wait = (ms: number): Promise<void> => (ms > 0 ? underWay.aside(() => timers.sleep(ms)) : Promise.resolve())
  const drawn = (kind: string): number => {
    const known = lengths.get(kind) ?? []
    return known[(chance.bytes(1)[0] ?? 0) % Math.max(1, known.length)] ?? FIRST_MS
  }
  return {
    note: (kind, began) => {
      lengths.set(kind, [Math.min(since(began), LENGTH_MS_MAX), ...(lengths.get(kind) ?? [])].slice(0, KEPT))
    },
    draw: (kind, began) => wait(drawn(kind) - since(began)),
    round: (began) => {
      const passed = since(began)
      return wait(Math.ceil(passed / STEP_MS) * STEP_MS - passed)
    },
  }
}
