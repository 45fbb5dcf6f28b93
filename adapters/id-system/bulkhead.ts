import { OVER, Fault, type Clock, type Instant, type Timers } from '../../domain/ports.ts'

/** Calls of one plugin under way at once; one more is refused at once. */
const CALLS_MAX = 256

/** No call is waited for longer, whatever its deadline says. */
const WAIT_MS_MAX = 60_000

/** A call whose deadline passed keeps its place this long, unless it ends before: a plugin that hangs for ever gets its places back. */
const ABANDONED_MS = 60_000

export type Outcome =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'late' }
  | { readonly kind: 'full' }

export type Bulkhead = {
  /** Never rejects. What comes after the deadline is dropped. */
  readonly run: (deadline: Instant, act: () => Promise<unknown>) => Promise<Outcome>
  readonly underWay: () => number
  /** Stops waiting for what was abandoned. */
  readonly end: () => void
}

/** Keeps a slow or dead ID system from taking the broker with it: bounded waiting, bounded numbers. */
export const bulkhead = ({ clock, timers, callsMax = CALLS_MAX }: BulkheadOptions): Bulkhead => {
  let places = 0
  const ending = new AbortController()

  const settle = async (act: () => Promise<unknown>): Promise<Outcome> => {
    try {
      return { kind: 'answered', value: await act() }
    } catch (error) {
      return { kind: 'threw', error }
    }
  }

  const run: Bulkhead['run'] = async (deadline, act) => {
    const leftMs = Math.min(Date.parse(deadline) - Date.parse(clock.now()), WAIT_MS_MAX)
    // A deadline that is no instant gives NaN, which is no time left either.
    if (!(leftMs > 0)) return { kind: 'late' }
    if (places >= callsMax) return { kind: 'full' }
    places += 1
    const over = new AbortController()
    const settled = settle(act)
    const wait = async (): Promise<Outcome> => {
      await timers.sleep(leftMs, over.signal)
      return { kind: 'late' }
    }
    const outcome = await Promise.race([settled, wait()])
    const free = (): void => {
      over.abort(OVER)
      places -= 1
    }
    if (outcome.kind !== 'late') free()
    else void Promise.race([settled, timers.sleep(ABANDONED_MS, AbortSignal.any([over.signal, ending.signal]))]).then(free)
    return outcome
  }

  return { run, underWay: () => places, end: () => ending.abort() }
}

export type BulkheadOptions = { readonly clock: Clock; readonly timers: Timers; readonly callsMax?: number }

/** For the acts that have no deadline of their own. */
export const within = async <T>(ms: number, timers: Timers, act: () => Promise<T>): Promise<T> => {
  const over = new AbortController()
  const tooLate = async (): Promise<never> => {
    await timers.sleep(ms, over.signal)
    throw new Fault('unavailable', `the plugin took longer than ${ms} ms`)
  }
  try {
    const late = tooLate()
    // Ends after the race as well, then for nobody.
    late.catch(() => undefined)
    return await Promise.race([act(), late])
  } finally {
    over.abort(OVER)
  }
}
