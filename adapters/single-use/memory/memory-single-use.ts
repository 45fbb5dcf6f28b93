import { type Clock, Fault, type Instant, type SingleUse, type Use } from '../../../domain/ports.ts'
import { checkUses, SWEEP_ROWS_MAX } from '../limits.ts'

/** A memory that begins with the process, and so does its epoch: for tests and simulations. */
export const memorySingleUse = ({ clock }: { readonly clock: Clock }): SingleUse => {
  const used = new Map<string, Instant>()
  const epoch = clock.now()
  let closed = false
  const enter = (): Instant => {
    if (closed) throw new Fault('closed', 'the memory of single use is closed')
    return clock.now()
  }
  const isFirst = ({ scope, id, until }: Use, now: Instant): boolean => {
    // A scope has no spaces, so that scope and id cannot run into each other.
    const name = `${scope} ${id}`
    const before = used.get(name)
    if (until <= now || (before !== undefined && before > now)) return false
    used.set(name, until)
    return true
  }
  const useInOrder = async (uses: readonly Use[]): Promise<number> => {
    const now = enter()
    checkUses(uses)
    const refused = uses.findIndex((use) => !isFirst(use, now))
    return refused === -1 ? uses.length : refused
  }
  return {
    use: async (scope, id, until) => (await useInOrder([{ scope, id, until }])) === 1,
    useInOrder,
    epoch: async () => {
      enter()
      return epoch
    },
    sweep: async () => {
      const now = enter()
      const dead = [...used].filter(([, until]) => until <= now).slice(0, SWEEP_ROWS_MAX)
      for (const [name] of dead) used.delete(name)
      return dead.length
    },
    close: async () => {
      closed = true
      used.clear()
    },
  }
}
