import { hash } from 'node:crypto'
import { type Clock, Fault, type Instant, type SingleUse, type Use } from '../../../domain/ports.ts'
import { type Database, openDatabase } from '../../sqlite.ts'
import { AHEAD_MS, checkUses, SWEEP_ROWS_MAX } from '../limits.ts'
import { bootId } from './boot-id.ts'

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS used (digest BLOB PRIMARY KEY, until TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS used_until ON used (until);
  CREATE TABLE IF NOT EXISTS epoch (one INTEGER PRIMARY KEY CHECK (one = 1), began TEXT NOT NULL, boot TEXT) STRICT;`

/** Two ids of one scope, or one id of two, never have the same digest: a scope has no spaces. */
const digestOf = (scope: string, id: string): Uint8Array => hash('sha256', `${scope} ${id}`, 'buffer')

/**
 * A commit without a flush survives the death of the process but not of the machine. So the memory is whole since its file
 * was made on this start of the machine; what was issued before is refused (rule 32), and no request pays for a flush.
 * The marker itself is flushed. Where starts of the machine cannot be told apart, every commit is flushed instead.
 */
const beginEpoch = ({ sql, transact }: Database, now: Instant, boot: string | undefined, first: boolean): Instant => {
  sql.exec('PRAGMA synchronous = FULL')
  const began = transact(() => {
    const marker = sql.prepare('SELECT began, boot FROM epoch').get()
    if (marker !== undefined && typeof marker['began'] === 'string' && marker['boot'] === (boot ?? null)) return marker['began']
    // What was used and is forgotten may have been dated a little ahead.
    const after = marker === undefined && first ? now : new Date(Date.parse(now) + AHEAD_MS).toISOString()
    sql.prepare('INSERT OR REPLACE INTO epoch (one, began, boot) VALUES (1, ?, ?)').run(after, boot ?? null)
    return after
  })
  if (boot !== undefined) sql.exec('PRAGMA synchronous = NORMAL')
  return began
}

/** What was used once, in a file that several processes of one machine may share. Only digests are kept. */
export const sqliteSingleUse = (options: {
  readonly file: string
  readonly clock: Clock
  /** Names the present start of the machine; by default the operating system's own name for it. */
  readonly boot?: () => string | undefined
  /** True where nothing can have been used before: no marker is missed then. */
  readonly first?: boolean
}): SingleUse => {
  const { clock, boot = bootId, first = true } = options
  const database = openDatabase(options.file, SCHEMA)
  const { sql, run, transact, close } = database
  const epoch = beginEpoch(database, clock.now(), boot(), first)
  // One statement, so that of many callers at once, in many processes, one changes a row.
  const use = sql.prepare(`
    INSERT INTO used (digest, until) VALUES (?, ?)
    ON CONFLICT (digest) DO UPDATE SET until = excluded.until WHERE until <= ?`)
  const sweep = sql.prepare(
    `DELETE FROM used WHERE digest IN (SELECT digest FROM used WHERE until <= ? ORDER BY until LIMIT ${SWEEP_ROWS_MAX})`,
  )
  const useInOrder = async (uses: readonly Use[]): Promise<number> => {
    checkUses(uses)
    const now = clock.now()
    const isFirst = ({ scope, id, until }: Use): boolean => until > now && use.run(digestOf(scope, id), until, now).changes > 0
    const count = (): number => {
      const refused = uses.findIndex((one) => !isFirst(one))
      return refused === -1 ? uses.length : refused
    }
    // One statement is a transaction of its own.
    return uses.length === 1 ? run(count) : transact(count)
  }
  return {
    use: async (scope, id, until) => (await useInOrder([{ scope, id, until }])) === 1,
    useInOrder,
    epoch: async () => {
      const waitMs = Date.parse(epoch) - Date.parse(clock.now())
      if (waitMs > 0) throw new Fault('unavailable', 'the memory of single use begins anew', { retryAfterMs: waitMs })
      return run(() => epoch)
    },
    sweep: async () => Number(run(() => sweep.run(clock.now())).changes),
    close: async () => {
      close()
    },
  }
}
