import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Timers } from '../../domain/ports.ts'

export type VirtualTime = { readonly clock: Clock; readonly timers: Timers; readonly pass: (seconds: number) => Promise<void> }

/** Sleeps up to this long are parts of a request: they cost a millisecond, and the clock does not move for them. */
const SHORT_MS = 1000

type Sleeper = { readonly due: number; readonly wake: () => void }

/** A clock that stands while requests are answered, and is moved between them: a day passes in minutes. */
export const virtualTime = (start = '2026-11-24T00:00:00.000Z'): VirtualTime => {
  let now = Date.parse(start)
  const sleepers = new Set<Sleeper>()
  return {
    clock: { now: () => new Date(now).toISOString() },
    timers: {
      sleep: async (ms, signal) => {
        if (ms <= SHORT_MS) return sleep(1, undefined, { ref: false })
        await new Promise<void>((resolve) => {
          const sleeper = { due: now + ms, wake: resolve }
          sleepers.add(sleeper)
          const end = (): void => {
            sleepers.delete(sleeper)
            resolve()
          }
          if (signal?.aborted === true) end()
          else signal?.addEventListener('abort', end, { once: true })
        })
      },
    },
    pass: async (seconds) => {
      now += seconds * 1000
      for (const sleeper of [...sleepers].filter(({ due }) => due <= now)) {
        sleepers.delete(sleeper)
        sleeper.wake()
      }
      // Who was woken has its turn.
      await sleep(0)
    },
  }
}
