import type { Clock, Instant } from '../../domain/ports.ts'

export type HandClock = Clock & {
  readonly pass: (ms: number) => void
  /** The instant `ms` from now. */
  readonly in: (ms: number) => Instant
}

/** A clock that stands until it is moved. */
export const handClock = (start: Instant = '2026-11-24T12:00:00.000Z'): HandClock => {
  let ms = Date.parse(start)
  return {
    now: () => new Date(ms).toISOString(),
    pass: (passed) => {
      ms += passed
    },
    in: (ahead) => new Date(ms + ahead).toISOString(),
  }
}
