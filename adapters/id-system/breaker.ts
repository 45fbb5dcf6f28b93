import type { Clock } from '../../domain/ports.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

/** When a plugin is left alone for a while. */
export type BreakerNumbers = {
  /** It opens when of the calls of this many milliseconds ... */
  readonly windowMs: number
  /** ... at least so many failed ... */
  readonly failuresMin: number
  /** ... and they were at least this part of all, per cent. */
  readonly failuresPercent: number
  /** Milliseconds that it stays open; doubles with each probe that fails, up to `openMsMax`. */
  readonly openMs: number
  readonly openMsMax: number
  /** Probes in a row, one at a time, that must succeed before it closes. */
  readonly probes: number
}

export const BREAKER: BreakerNumbers = {
  windowMs: 10_000,
  failuresMin: 10,
  failuresPercent: 50,
  openMs: 5000,
  openMsMax: 60_000,
  probes: 3,
}

/** Calls that are remembered: enough to tell a part of them at any load. */
const REMEMBERED_MAX = 256

/** A call that was let through; its end is told once. */
export type Pass = { readonly ended: (how: 'well' | 'failed' | 'unasked') => void }

export type Breaker = {
  /** Undefined: the plugin is left alone now. */
  readonly admit: () => Pass | undefined
  readonly state: () => BreakerState
}

type Remembered = { readonly atMs: number; readonly failed: boolean }

/** Circuit breaker: what fails again and again is not asked for a while, so that nobody waits for it, and it is not asked while it recovers. */
export const breaker = (clock: Clock, numbers: BreakerNumbers, onChange: (state: BreakerState) => void): Breaker => {
  let state: BreakerState = 'closed'
  let calls: Remembered[] = []
  let openedAtMs = 0
  let openMs = numbers.openMs
  let probing = false
  let succeeded = 0
  const now = (): number => Date.parse(clock.now())

  const change = (to: BreakerState): void => {
    state = to
    onChange(to)
  }
  const open = (waitMs: number): void => {
    openMs = Math.min(waitMs, numbers.openMsMax)
    openedAtMs = now()
    calls = []
    change('open')
  }
  const isTooMuch = (): boolean => {
    const failures = calls.filter(({ failed }) => failed).length
    return failures >= numbers.failuresMin && failures * 100 >= calls.length * numbers.failuresPercent
  }
  const note = (failed: boolean): void => {
    const atMs = now()
    calls = [...calls.filter((call) => call.atMs > atMs - numbers.windowMs), { atMs, failed }].slice(-REMEMBERED_MAX)
    if (failed && isTooMuch()) open(numbers.openMs)
  }
  const probed = (failed: boolean): void => {
    if (failed) return open(openMs * 2)
    succeeded += 1
    if (succeeded >= numbers.probes) change('closed')
  }

  return {
    state: () => state,
    admit: () => {
      if (state === 'open' && now() >= openedAtMs + openMs) {
        succeeded = 0
        probing = false
        change('half_open')
      }
      if (state === 'open' || (state === 'half_open' && probing)) return undefined
      const isProbe = state === 'half_open'
      if (isProbe) probing = true
      return {
        ended: (how) => {
          if (isProbe) probing = false
          if (how === 'unasked') return
          // What was let through before the breaker opened says nothing about the time since.
          if (isProbe && state === 'half_open') probed(how === 'failed')
          else if (!isProbe && state === 'closed') note(how === 'failed')
        },
      }
    },
  }
}
