import { setTimeout as sleep } from 'node:timers/promises'
import type { Timers } from '../../domain/ports.ts'

/** Real time; a sleep keeps no process alive. */
export const systemTimers: Timers = {
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { ref: false, ...(signal && { signal }) })
    } catch {
      // Aborted: it resolves early.
    }
  },
}

export { logBook, type LogBook } from '../../adapters/id-system/kit/log-book.ts'
