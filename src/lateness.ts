import type { Timers } from '../domain/ports.ts'

/** How often it is looked, milliseconds. */
const LOOK_MS = 50

export type Lateness = {
  /** How late the event loop came to what was due, milliseconds: about as long as a request waits before anybody looks at it. */
  readonly ms: () => number
  readonly close: () => Promise<void>
}

/** `elapsedMs`: a clock that nobody sets. */
export const lateness = (timers: Timers, elapsedMs: () => number): Lateness => {
  const stopping = new AbortController()
  let due = elapsedMs() + LOOK_MS
  let late = 0
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      due = elapsedMs() + LOOK_MS
      await timers.sleep(LOOK_MS, stopping.signal)
      late = Math.max(0, elapsedMs() - due)
    }
  }
  void watch()
  // What is due already and did not come is late too.
  return { ms: () => Math.max(late, elapsedMs() - due), close: async () => stopping.abort() }
}
