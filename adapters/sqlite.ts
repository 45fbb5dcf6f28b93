import { chmodSync, closeSync, fdatasync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../domain/ports.ts'

/** How long a call waits for the lock that another process holds. */
export const BUSY_WAIT_MS_MAX = 1000
const RETRY_AFTER_MS = 200
const OPEN_TRIES_MAX = 50
const OPEN_WAIT_MS = 20

/** SQLite's primary result codes, which are the low byte of what it throws. */
const OK = 0
const BUSY = 5
const LOCKED = 6
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NOT_A_DATABASE = 26

export type Database = {
  readonly sql: DatabaseSync
  /** Runs at once; what SQLite throws becomes a Fault. */
  readonly run: <T>(act: () => T) => T
  /** The same in one transaction, which takes the write lock before it reads. */
  readonly transact: <T>(act: () => T) => T
  /**
   * Resolves when everything that was committed before the call is on the disk, whatever `synchronous` says. It blocks nobody, and all
   * who ask while the disk is busy share one flush. Fault `ambiguous` when the disk failed.
   */
  readonly flushed: () => Promise<void>
  readonly close: () => void
}

const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined

const asFault = (cause: unknown): unknown => {
  switch (resultCode(cause) ?? OK) {
    case BUSY:
    case LOCKED:
    case FULL:
    case CANNOT_OPEN:
      return new Fault('unavailable', 'the database cannot be written now', { retryAfterMs: RETRY_AFTER_MS, cause })
    case IO_ERROR:
      return new Fault('ambiguous', 'the disk failed', { cause })
    case CORRUPT:
    case NOT_A_DATABASE:
      return new Fault('corrupt', 'the database file is damaged', { cause })
    default:
      return cause
  }
}

/** Only the owner may read the file; SQLite gives its companions (-wal, -shm) the same mode. */
const createPrivate = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  chmodSync(file, 0o600)
}

/** Processes that start together may refuse each other the change to WAL, whatever the busy timeout says. */
const prepare = (sql: DatabaseSync, statements: string): void => {
  for (let tries = 1; ; tries += 1) {
    try {
      sql.exec(statements)
      return
    } catch (error) {
      if (resultCode(error) !== BUSY || tries === OPEN_TRIES_MAX) throw asFault(error)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_WAIT_MS)
    }
  }
}

/** What is committed in WAL mode stands in the log, so flushing the log makes it durable; SQLite flushes it before it copies it back. */
const makeFlusher = (file: string) => {
  let log: number | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      // The log is there from the first commit until the last connection closes.
      log ??= openSync(`${file}-wal`, 'r+')
      fdatasync(log, (error) => (error === null ? resolve() : reject(new Fault('ambiguous', 'the disk failed', { cause: error }))))
    })
  const start = (): Promise<void> => {
    running = flush().finally(() => (running = undefined))
    return running
  }

  return {
    /** A flush that is under way may have begun before the commit, so whoever comes meanwhile waits for the next. */
    flushed: (): Promise<void> => {
      if (running === undefined) return start()
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined
          return start()
        })
      return next
    },
    close: (): void => {
      if (log !== undefined) closeSync(log)
      log = undefined
    },
  }
}

/** Opens or creates the file and prepares it with `statements`, which must bear being run again. */
export const openDatabase = (file: string, statements: string): Database => {
  createPrivate(file)
  const sql = new DatabaseSync(file, { timeout: BUSY_WAIT_MS_MAX })
  try {
    prepare(sql, statements)
  } catch (error) {
    sql.close()
    throw error
  }
  const run = <T>(act: () => T): T => {
    if (!sql.isOpen) throw new Fault('closed', 'the database is closed')
    try {
      return act()
    } catch (error) {
      throw asFault(error)
    }
  }
  const transact = <T>(act: () => T): T =>
    run(() => {
      sql.exec('BEGIN IMMEDIATE')
      try {
        const result = act()
        sql.exec('COMMIT')
        return result
      } catch (error) {
        if (sql.isTransaction) sql.exec('ROLLBACK')
        throw error
      }
    })
  const flusher = makeFlusher(file)
  const close = (): void => {
    flusher.close()
    if (sql.isOpen) sql.close()
  }
  return { sql, run, transact, flushed: flusher.flushed, close }
}
