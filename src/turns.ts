import { Fault } from '../domain/ports.ts'

/** One at a time for each key, in the order in which they came. */
export type Turns = <T>(key: string, act: () => Promise<T>) => Promise<T>

/** How long who is turned away should wait, milliseconds. */
const RETRY_MS = 1000

/**
 * At most `waitingMax` wait for one key; who comes then is refused at once. It only spares this process conflicts with itself: the
 * store's expected revision decides, also between processes.
 */
export const turns = (waitingMax: number): Turns => {
  const lines = new Map<string, { last: Promise<unknown>; waiting: number }>()
  return async (key, act) => {
    const line = lines.get(key) ?? { last: Promise.resolve(), waiting: 0 }
    if (line.waiting >= waitingMax) throw new Fault('unavailable', 'too much is asked of one stream at once', { retryAfterMs: RETRY_MS })
    lines.set(key, line)
    line.waiting += 1
    const mine = line.last.then(act, act)
    // Who comes next waits for the end, whichever it is.
    line.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      line.waiting -= 1
      if (line.waiting === 0) lines.delete(key)
    }
  }
}
