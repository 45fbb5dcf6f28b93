import type { Timers } from '../../../domain/ports.ts'
import { makeSignal, type Signal } from '../signal.ts'
import type { Reader } from './reader.ts'

/** How often another process's appends are looked for (rule 38). */
const LOOK_MS = 50

/** A signal that is raised when another process committed, as long as anybody waits for it. */
export const watchFile = (reader: Reader, timers: Timers, abort: AbortSignal): Signal => {
  let seen = reader.dataVersion()
  let isLooking = false

  /** A reader that cannot look counts as news: whoever waits learns from a read of their own what is wrong. */
  const isNew = (): boolean => {
    try {
      const version = reader.dataVersion()
      if (version === seen) return false
      seen = version
    } catch {
      return !abort.aborted
    }
    return true
  }
  const look = async (): Promise<void> => {
    isLooking = true
    for (;;) {
      await timers.sleep(LOOK_MS, abort)
      if (abort.aborted || signal.waiting() === 0) break
      if (isNew()) signal.raise()
    }
    isLooking = false
  }
  const signal = makeSignal(() => {
    if (!isLooking) void look()
  })
  return signal
}
