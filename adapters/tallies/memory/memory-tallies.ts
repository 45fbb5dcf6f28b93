import type { Clock, Tallies } from '../../../domain/ports.ts'

/** Names at once, about 150 bytes each: the busiest networks of an hour. The one counted longest ago makes room. */
const NAMES_MAX = 100_000

type Count = { readonly count: number; readonly until: string }

/** Counts of one process, gone when it ends. */
export const memoryTallies = ({ clock, namesMax = NAMES_MAX }: { readonly clock: Clock; readonly namesMax?: number }): Tallies => {
  const counts = new Map<string, Count>()
  const present = (name: string): number => {
    const known = counts.get(name)
    return known === undefined || known.until <= clock.now() ? 0 : known.count
  }
  return {
    add: async (names, until) =>
      names.map((name) => {
        const count = present(name) + 1
        counts.delete(name)
        counts.set(name, { count, until })
        if (counts.size > namesMax) for (const oldest of counts.keys()) if (counts.delete(oldest)) break
        return count
      }),
    read: async (names) => names.map(present),
    close: async () => counts.clear(),
  }
}
