import { Fault } from '../../../domain/ports.ts'
import type { Failure } from './jobs.ts'

// SQLite's result codes (https://sqlite.org/rescode.html).
const BUSY = 5
const LOCKED = 6
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CONSTRAINT = 19
const NOTADB = 26
/** The shared index of the write-ahead log could not grow: a full disk under another name. */
const IOERR_SHMSIZE = 4874

const BUSY_RETRY_MS = 50
const FULL_RETRY_MS = 1000
const STOPPED_RETRY_MS = 30_000

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined

export type Kind = 'busy' | 'full' | 'io' | 'corrupt' | 'constraint' | 'other'

export const kindOf = (error: unknown): Kind => {
  const code = codeOf(error)
  if (code === undefined) return 'other'
  if (code === IOERR_SHMSIZE) return 'full'
  switch (code & 0xff) {
    case BUSY:
    case LOCKED:
      return 'busy'
    case FULL:
      return 'full'
    case IOERR:
      return 'io'
    case CORRUPT:
    case NOTADB:
      return 'corrupt'
    case CONSTRAINT:
      return 'constraint'
    default:
      return 'other'
  }
}

const FAILURES: Readonly<Record<Kind, Failure>> = {
  busy: { code: 'unavailable', message: 'the event store is busy', retryAfterMs: BUSY_RETRY_MS },
  full: { code: 'unavailable', message: 'the disk of the event store is full', retryAfterMs: FULL_RETRY_MS },
  io: { code: 'unavailable', message: 'the disk of the event store fails', retryAfterMs: STOPPED_RETRY_MS },
  corrupt: { code: 'corrupt', message: 'the file of the event store is damaged' },
  constraint: { code: 'corrupt', message: 'the file of the event store contradicts itself' },
  other: { code: 'unavailable', message: 'the event store failed', retryAfterMs: FULL_RETRY_MS },
}

/** What an error of SQLite means to who asked, without its text, which may quote what was stored. */
export const failureOf = (error: unknown): Failure => {
  const kind = kindOf(error)
  const code = codeOf(error)
  return code === undefined ? FAILURES[kind] : { ...FAILURES[kind], message: `${FAILURES[kind].message} (SQLite ${code})` }
}

export const faultFrom = (failure: Failure, cause?: unknown): Fault =>
  new Fault(failure.code, failure.message, {
    ...(failure.actual === undefined ? {} : { actual: failure.actual }),
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    ...(cause === undefined ? {} : { cause }),
  })

/** Does the work; an error of SQLite becomes a `Fault`. */
export const guarded = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw codeOf(error) === undefined ? error : faultFrom(failureOf(error), error)
  }
}
