import type { Timers } from '../domain/ports.ts'

/** How often it is looked, milliseconds, and how many looks one after the other have to be late: a pause of the machine is no load. */
const LOOK_MS = 50
const LOOKS = 3

export type Lateness = {
  /** How late the event loop has been coming to what was due, milliseconds: about as long as a request waits before anybody looks at it. */
  readonly ms: () => number
  readonly close: () => Promise<void>
}

/** `elapsedMs`: a clock that nobody sets. */
export const lateness = (timers: Timers, elapsedMs: () => number): Lateness => {
  const stopping = new AbortController()
  let looks: readonly number[] = [0]
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const due = elapsedMs() + LOOK_MS
      await timers.sleep(LOOK_MS, stopping.signal)
      looks = [...looks, Math.max(0, elapsedMs() - due)].slice(-LOOKS)
    }
  }
  void watch()
  return { ms: () => Math.min(...looks), close: async () => stopping.abort() }
}
