import { setTimeout as sleep } from 'node:timers/promises'
import type { Json, Log, Timers } from '../../domain/ports.ts'

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

export type LogBook = { readonly log: Log; readonly lines: () => readonly string[]; readonly clear: () => void }

/** Everything that was logged, as text to search in. */
export const logBook = (): LogBook => {
  let lines: string[] = []
  const write = (event: string, fields?: Readonly<Record<string, Json>>): void => void lines.push(JSON.stringify([event, fields]))
  return {
    log: { info: write, warn: write, error: write },
    lines: () => lines,
    clear: () => {
      lines = []
    },
  }
}
