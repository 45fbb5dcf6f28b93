import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../../domain/ports.ts'
import { guarded } from './faults.ts'

/** Kept in the file as `user_version`. */
export const FORMAT = 1
const OPEN_WAIT_MS = 5000
const READ_WAIT_MS = 250
const CACHE_KIB = 8192
/** Of a new file. Pages of 4 KiB leave more of each unused; with pages of 16 KiB an append costs a quarter more. */
const PAGE_BYTES = 8192
/** What a write-ahead log that was reset may keep on disk. */
const WAL_BYTES_KEPT = 16_777_216

// A stream is a number in the rows of its events, since its name would stand in each of them and in two indexes.
// The ids of a stream's events are unique, so that an event is not recorded twice in it, wherever it stands (event-store 4.2, promise 2).
// `log` is for people who open the file with the sqlite3 shell.
const TABLES = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES streams (id),
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (stream, revision),
    UNIQUE (stream, id)
  );
  CREATE TABLE groups (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE deliveries (
    consumers TEXT NOT NULL,
    position INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    PRIMARY KEY (consumers, position)
  ) WITHOUT ROWID;
  CREATE INDEX deliveries_due ON deliveries (consumers, visible_at);
  CREATE TABLE parked (
    consumers TEXT NOT NULL,
    position INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (consumers, position)
  ) WITHOUT ROWID;
  CREATE VIEW log AS
    SELECT e.position, s.name AS stream, e.revision, lower(hex(e.id)) AS id, e.type, e.data, e.metadata
    FROM events e LEFT JOIN streams s ON s.id = e.stream;
  PRAGMA user_version = ${FORMAT};
`

const numberOf = (db: DatabaseSync, sql: string): number => {
  const value = Object.values(db.prepare(sql).get() ?? {})[0]
  return typeof value === 'number' ? value : Number.NaN
}

const checkFormat = (found: number): void => {
  if (found > FORMAT) throw new Fault('invalid', `the event store's file has format ${found}; this program knows formats up to ${FORMAT}`)
  if (found !== FORMAT) throw new Fault('invalid', 'the file is not an event store')
}

/** The file is made for its owner alone; SQLite gives its companions the same mode. */
const makeFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  // Without it a power cut may take the name of a file whose content is durable.
  const directory = openSync(dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
}

/** Two processes may come at once: the second finds the tables under the write lock. */
const makeTables = (db: DatabaseSync): void => {
  const isNew = (): boolean => numberOf(db, 'PRAGMA user_version') === 0 && numberOf(db, 'SELECT count(*) FROM sqlite_schema') === 0
  if (!isNew()) return
  db.exec('BEGIN IMMEDIATE')
  try {
    if (isNew()) db.exec(TABLES)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The connection that writes. It makes the file where it is missing. */
export const openForWriting = (file: string): DatabaseSync =>
  guarded(() => {
    makeFile(file)
    const db = new DatabaseSync(file, { timeout: OPEN_WAIT_MS })
    try {
      checkNotNewer(db)
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
      db.exec('PRAGMA journal_mode = WAL')
      db.exec('PRAGMA synchronous = FULL')
      db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
      db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`)
      makeTables(db)
      checkFormat(numberOf(db, 'PRAGMA user_version'))
      // The writer waits for other processes by itself, since SQLite's own waiting sleeps up to 100 ms at a time.
      db.exec('PRAGMA busy_timeout = 0')
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })

/** Before anything of the file is touched. */
const checkNotNewer = (db: DatabaseSync): void => {
  const found = numberOf(db, 'PRAGMA user_version')
  if (found > FORMAT) checkFormat(found)
}

/** A connection that cannot write. */
export const openForReading = (file: string): DatabaseSync =>
  guarded(() => {
    const db = new DatabaseSync(file, { readOnly: true, timeout: READ_WAIT_MS })
    try {
      checkFormat(numberOf(db, 'PRAGMA user_version'))
      db.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
