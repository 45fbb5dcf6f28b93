import { type Digest, Fault, type Instant, type Person, type Position } from '../../../domain/ports.ts'
import type { Database } from '../../sqlite.ts'
import { type Wrap, WRAPPED_BYTES } from '../wrap.ts'

/**
 * Wrapped keys lie in slots of one size that are overwritten where they are and never deleted: SQLite moves rows from page to
 * page when pages fill and empty, and what it leaves behind, `secure_delete` does not overwrite. Identifiers and references
 * point at slots from tables of their own, so that no row links one to the other once the slot is blank. A commit is not flushed by
 * SQLite, which would stop the whole process meanwhile, but by whoever answers (rule 38).
 */
export const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA secure_delete = ON;
  CREATE TABLE IF NOT EXISTS slot (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS blank (slot INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS by_index (person_index TEXT PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, until TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS by_ref (ref TEXT, slot INTEGER UNIQUE, PRIMARY KEY (ref, slot)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_until ON by_index (until) WHERE until IS NOT NULL;
  CREATE TABLE IF NOT EXISTS checked (one INTEGER PRIMARY KEY CHECK (one = 1), until TEXT NOT NULL) STRICT;`

/** Without `until` the row is permanent. */
export type Row = { readonly slot: number; readonly until: Instant | undefined; readonly person: Person }

export type Rows = {
  readonly byIndex: (index: Digest, now: Instant) => Row | undefined
  readonly byRef: (ref: string, now: Instant) => Row | undefined
  /** The rest only inside a transaction. Whatever the index named before is destroyed. */
  readonly write: (index: Digest, person: Person, until: Instant | undefined) => void
  readonly limit: (index: Digest, until: Instant | undefined) => void
  readonly slotsOf: (ref: string) => readonly number[]
  readonly slotsPast: (now: Instant, max: number) => readonly number[]
  readonly destroy: (slot: number) => void
  /** How far the log was looked through. */
  readonly checkedUntil: () => Position | undefined
  readonly checked: (until: Position) => void
}

type Found = Readonly<Record<string, unknown>>

const numberIn = (row: Found | undefined, column: string): number => {
  const value = row?.[column]
  if (typeof value !== 'number') throw new Fault('corrupt', 'a row of the person keys is not a row')
  return value
}

export const openRows = ({ sql }: Database, wrap: Wrap): Rows => {
  const findIndex = sql.prepare(`
    SELECT id, wrapped, until FROM by_index JOIN slot ON id = slot WHERE person_index = ? AND (until IS NULL OR until > ?)`)
  const findRef = sql.prepare(`
    SELECT id, wrapped, until FROM by_ref JOIN slot ON id = by_ref.slot JOIN by_index ON by_index.slot = id
    WHERE ref = ? AND (until IS NULL OR until > ?) LIMIT 1`)
  const slotOf = sql.prepare('SELECT slot FROM by_index WHERE person_index = ?')
  const slotsOf = sql.prepare('SELECT slot FROM by_ref WHERE ref = ?')
  const slotsPast = sql.prepare('SELECT slot FROM by_index WHERE until <= ? ORDER BY until LIMIT ?')
  const reuse = sql.prepare('DELETE FROM blank WHERE slot = (SELECT min(slot) FROM blank) RETURNING slot')
  const extend = sql.prepare('INSERT INTO slot (wrapped) VALUES (zeroblob(?)) RETURNING id AS slot')
  const fill = sql.prepare('UPDATE slot SET wrapped = ? WHERE id = ?')
  const pointIndex = sql.prepare('INSERT INTO by_index (person_index, slot, until) VALUES (?, ?, ?)')
  const pointRef = sql.prepare('INSERT INTO by_ref (ref, slot) VALUES (?, ?)')
  const limit = sql.prepare('UPDATE by_index SET until = ? WHERE person_index = ?')
  const wipes = [
    sql.prepare(`UPDATE slot SET wrapped = zeroblob(${WRAPPED_BYTES}) WHERE id = ?`),
    sql.prepare('DELETE FROM by_index WHERE slot = ?'),
    sql.prepare('DELETE FROM by_ref WHERE slot = ?'),
    sql.prepare('INSERT INTO blank (slot) VALUES (?)'),
  ]

  const checkedUntil = sql.prepare('SELECT until FROM checked')
  const check = sql.prepare('INSERT OR REPLACE INTO checked (one, until) VALUES (1, ?)')

  const opened = (found: Found, fits: (index: Digest, ref: string) => boolean): Row => {
    const slot = numberIn(found, 'id')
    const { wrapped, until } = found
    if (!(wrapped instanceof Uint8Array)) throw new Fault('corrupt', 'a row of the person keys is not a row')
    const { index, person } = wrap.open(slot, wrapped)
    if (!fits(index, person.ref)) throw new Fault('corrupt', 'a row of the person keys belongs elsewhere')
    return { slot, until: typeof until === 'string' ? until : undefined, person }
  }
  const destroy = (slot: number): void => {
    for (const wipe of wipes) wipe.run(slot)
  }
  return {
    checkedUntil: () => {
      const until = checkedUntil.get()?.['until']
      return typeof until === 'string' ? until : undefined
    },
    checked: (until) => void check.run(until),
    byIndex: (index, now) => {
      const found = findIndex.get(index, now)
      return found && opened(found, (wrappedIndex) => wrappedIndex === index)
    },
    byRef: (ref, now) => {
      const found = findRef.get(ref, now)
      return found && opened(found, (_, wrappedRef) => wrappedRef === ref)
    },
    write: (index, person, until) => {
      const before = slotOf.get(index)
      if (before !== undefined) destroy(numberIn(before, 'slot'))
      const slot = numberIn(reuse.get() ?? extend.get(WRAPPED_BYTES), 'slot')
      fill.run(wrap.close(slot, { index, person }), slot)
      pointIndex.run(index, slot, until ?? null)
      pointRef.run(person.ref, slot)
    },
    limit: (index, until) => void limit.run(until ?? null, index),
    slotsOf: (ref) => slotsOf.all(ref).map((row) => numberIn(row, 'slot')),
    slotsPast: (now, max) => slotsPast.all(now, max).map((row) => numberIn(row, 'slot')),
    destroy,
  }
}
