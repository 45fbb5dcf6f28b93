import { type Chance, type Clock, Fault, type Vault } from '../../../domain/ports.ts'
import { openDatabase } from '../../sqlite.ts'
import { checkName, checkPrefix, checkUntil, checkValue, SWEEP_ROWS_MAX } from '../limits.ts'
import { gcmSeal } from '../seal.ts'

// In WAL mode NORMAL survives the death of the process: what was answered is in the operating system's hands. A power cut
// may lose the last rows, which ends the logins that were open (rule 38).
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA secure_delete = ON;
  CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, until TEXT NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS secret_until ON secret (until);`

/** The first name behind every name that begins with `prefix`; names are ASCII below 0x7f. */
const behind = (prefix: string): string => prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)

/** Sealed secrets in one file that several processes may share. `key`: 32 bytes. */
export const sqliteVault = (options: {
  readonly file: string
  readonly clock: Clock
  readonly chance: Chance
  readonly key: Uint8Array
}): Vault => {
  const { clock } = options
  const seal = gcmSeal(options.key, options.chance)
  const { sql, run, close } = openDatabase(options.file, SCHEMA)
  const put = sql.prepare(`
    INSERT INTO secret (name, until, key_id, sealed) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET until = excluded.until, key_id = excluded.key_id, sealed = excluded.sealed`)
  const get = sql.prepare('SELECT key_id, sealed FROM secret WHERE name = ? AND until > ?')
  const extend = sql.prepare('UPDATE secret SET until = ? WHERE name = ? AND until > ?')
  const remove = sql.prepare('DELETE FROM secret WHERE name = ?')
  const removeAll = sql.prepare('DELETE FROM secret WHERE name >= ? AND name < ?')
  const sweep = sql.prepare(
    `DELETE FROM secret WHERE rowid IN (SELECT rowid FROM secret WHERE until <= ? ORDER BY until LIMIT ${SWEEP_ROWS_MAX})`,
  )

  return {
    put: async (name, value, until) => {
      checkName(name)
      checkValue(value)
      checkUntil(until)
      run(() => put.run(name, until, seal.keyId, seal.close(name, value)))
    },
    get: async (name) => {
      checkName(name)
      const row = run(() => get.get(name, clock.now()))
      if (row === undefined) return undefined
      const { key_id: keyId, sealed } = row
      if (typeof keyId !== 'string' || !(sealed instanceof Uint8Array)) throw new Fault('corrupt', 'a row of the vault is not a row')
      return seal.open(name, keyId, sealed)
    },
    extend: async (name, until) => {
      checkName(name)
      checkUntil(until)
      return run(() => extend.run(until, name, clock.now())).changes > 0
    },
    remove: async (name) => {
      checkName(name)
      run(() => remove.run(name))
    },
    removeAll: async (prefix) => {
      checkPrefix(prefix)
      run(() => removeAll.run(prefix, behind(prefix)))
    },
    sweep: async () => {
      const { changes } = run(() => sweep.run(clock.now()))
      // Deleted and replaced rows are overwritten in the file; their copies in the write-ahead log end here.
      run(() => sql.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
      return Number(changes)
    },
    close: async () => {
      close()
    },
  }
}
