import type { Clock, Instant } from '../../../domain/ports.ts'
import type { OwnTallies } from '../own.ts'

/** Names at once, about 150 bytes each: the busiest networks of an hour. The one counted longest ago makes room. */
const NAMES_MAX = 100_000

type Count = { readonly count: number; readonly until: string }

/** Counts of one process, gone when it ends. */
export const memoryTallies = ({ clock, namesMax = NAMES_MAX }: { readonly clock: Clock; readonly namesMax?: number }): OwnTallies => {
  const counts = new Map<string, Count>()
  // Goes on where it stopped: a look from the beginning would pass all that were removed, each time anew.
  const oldest = counts.keys()
  const present = (name: string): number => {
    const known = counts.get(name)
    return known === undefined || known.until <= clock.now() ? 0 : known.count
  }
  const set = (name: string, count: number, until: Instant): void => {
    counts.delete(name)
    counts.set(name, { count, until })
    if (counts.size <= namesMax) return
    const { value: first } = oldest.next()
    if (first !== undefined) counts.delete(first)
  }
  const addTo = (names: readonly string[], until: Instant): readonly number[] =>
    names.map((name) => {
      const count = present(name) + 1
      set(name, count, until)
      return count
    })
  return {
    add: async (names, until) => addTo(names, until),
    note: async (names, until, others = []) => [...addTo(names, until), ...others.map(present)],
    read: async (names) => names.map(present),
    raise: (names, heard, until) => {
      for (const [at, name] of names.entries()) {
        const count = heard[at] ?? 0
        if (count > present(name)) set(name, count, until)
      }
    },
    close: async () => counts.clear(),
  }
}
