import { millisecondsOf } from '../domain/time.ts'
import type { Chance, Clock, Instant, Timers } from '../domain/ports.ts'

/**
 * How long the ID system took for each of the calls that one answer needs, milliseconds. All of one occasion, since one that is slow about
 * somebody may be slow about them twice.
 */
export type Lengths = readonly number[]

/**
 * How long a no takes. Whoever guesses must not read from a clock whether an identifier is known, blocked, or whether its path is
 * closed and nobody was asked (rule 22). So a no that cost less work waits as long as one of those that cost all of it, drawn from
 * the newest of them, and every no is answered at a full step.
 */
export type Pace = {
  /** How long a call took, with the moment that whoever is the measure waits too, milliseconds. */
  readonly took: (began: Instant) => number
  /** Remembers how long one took for which the ID system was asked everything. */
  readonly note: (kind: string, lengths: Lengths) => void
  /** How long one took that was noted: one of the newest of its kind. */
  readonly like: (kind: string) => Lengths
  /**
   * Waits until so many milliseconds have passed since a call began, a moment at least: a timer that is late must be late for all alike.
   * Absent: nothing was noted yet.
   */
  readonly until: (began: Instant, ms?: number) => Promise<void>
  /** Waits for the next full step since the beginning: small differences go under in it. */
  readonly round: (began: Instant) => Promise<void>
}

/** Lengths of each kind that are kept: the newest, so that a slow hour of the ID system is a slow hour for all. */
const KEPT = 64

/** Before anything was noted, milliseconds: what an ID system elsewhere may need. */
const FIRST_MS = 100

/** What is noted and waited for at most, milliseconds: as long as an ID system has for an answer. */
const LENGTH_MS_MAX = 10_000

/** The shortest wait, milliseconds. */
const MOMENT_MS = 1

/** Waits that make one at most: a timer of a busy process may be early by what the process was busy with. */
const LOOKS_MAX = 3

/** Milliseconds: some times what the steps differ in, and too short to be noticed by a person. */
const STEP_MS = 50

export const pace = (tools: { readonly clock: Clock; readonly timers: Timers; readonly chance: Chance }): Pace => {
  const { clock, timers, chance } = tools
  const lengths = new Map<string, readonly Lengths[]>()
  // A clock that was set back says nothing about a length.
  const since = (began: Instant): number => Math.max(0, millisecondsOf(clock.now()) - millisecondsOf(began))
  const wait = (ms: number): Promise<void> => (ms > 0 ? timers.sleep(ms) : Promise.resolve())
  return {
    took: (began) => since(began) + MOMENT_MS,
    note: (kind, noted) => {
      const bounded = noted.map((ms) => Math.min(ms, LENGTH_MS_MAX))
      lengths.set(kind, [bounded, ...(lengths.get(kind) ?? [])].slice(0, KEPT))
    },
    like: (kind) => {
      const known = lengths.get(kind) ?? []
      return known[(chance.bytes(1)[0] ?? 0) % Math.max(1, known.length)] ?? []
    },
    until: async (began, ms = FIRST_MS) => {
      let looks = 0
      do {
        await wait(Math.max(MOMENT_MS, ms - since(began)))
        looks += 1
      } while (since(began) < ms && looks < LOOKS_MAX)
    },
    round: (began) => {
      const passed = since(began)
      return wait(Math.ceil(passed / STEP_MS) * STEP_MS - passed)
    },
  }
}
