import type { Timers } from '../domain/ports.ts'

/** Why a timer was ended. Without a reason of one's own an error is made for it, stack and all, at every call. */
export const DONE = 'done'

/** Rejects after a time, unless `isDone` by then; the error is made only where it is needed. */
export const lateAfter = (timers: Timers, ms: number, signal: AbortSignal, isDone: () => boolean, error: () => Error): Promise<never> =>
  new Promise((_, reject) => {
    void timers.sleep(ms, signal).then(() => {
      if (!isDone()) reject(error())
    })
  })
