import type { Instant, Tallies } from '../../domain/ports.ts'

/** Counts of one process, which may hear of others. */
export type OwnTallies = Tallies & {
  /** Somebody counted as far: lower counts are raised to it. */
  readonly raise: (names: readonly string[], counts: readonly number[], until: Instant) => void
}
