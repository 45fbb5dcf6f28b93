import { OVER, type Timers } from '../domain/ports.ts'
import type { Waiters } from './world.ts'

/** Requests that may wait at once; one more is answered at once, with what is known then. */
const WAITING_MAX = 10_000

export const waiters = (timers: Timers): Waiters => {
  const waiting = new Map<string, Set<AbortController>>()
  let count = 0
  return {
    wait: async (key, ms) => {
      if (count >= WAITING_MAX) return
      const woken = new AbortController()
      const others = waiting.get(key) ?? new Set()
      waiting.set(key, others.add(woken))
      count += 1
      await timers.sleep(ms, woken.signal)
      count -= 1
      others.delete(woken)
      if (others.size === 0) waiting.delete(key)
    },
    wake: (key) => {
      for (const woken of waiting.get(key) ?? []) woken.abort(OVER)
    },
  }
}
