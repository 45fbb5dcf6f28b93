import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
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
  return { sql, run, transact, close: () => sql.isOpen && sql.close() }
}
