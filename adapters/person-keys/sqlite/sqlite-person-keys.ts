import { setTimeout as wait } from 'node:timers/promises'
import { type Chance, type Clock, type Digest, Fault, type Person, type PersonKeys } from '../../../domain/ports.ts'
import { BUSY_WAIT_MS_MAX, type Database, openDatabase } from '../../sqlite.ts'
import { checkIndex, checkPerson, checkRef, GRACE_MS, later, newPerson, PROVISIONAL_MS, SWEEP_ROWS_MAX, unknownPerson } from '../rules.ts'
import { openRows, type Rows, SCHEMA } from './rows.ts'
import { gcmWrap } from '../wrap.ts'

const CHECKPOINT_TRIES_MAX = 40
const CHECKPOINT_WAIT_MS = 25

type Store = { readonly database: Database; readonly rows: Rows; readonly clock: Clock; readonly chance: Chance }

/** The person, and whether the row may not be on the disk yet: one that is new here or, while it is provisional, in another process. */
const resolve = ({ database, rows, clock, chance }: Store, index: Digest): { readonly person: Person; readonly isNew: boolean } => {
  const now = clock.now()
  const atLeast = later(now, GRACE_MS)
  const known = database.run(() => rows.byIndex(index, now))
  if (known && (known.until === undefined || known.until >= atLeast)) return { person: known.person, isNew: known.until !== undefined }
  const resolved = database.transact(() => {
    // Another process may have been here since.
    const row = rows.byIndex(index, now)
    const person = row?.person ?? newPerson(chance)
    if (row === undefined) rows.write(index, person, later(now, PROVISIONAL_MS))
    else if (row.until !== undefined && row.until < atLeast) rows.limit(index, atLeast)
    return person
  })
  return { person: resolved, isNew: true }
}

const confirm = async ({ database, rows, clock }: Store, index: Digest, person: Person): Promise<void> => {
  const now = clock.now()
  const known = database.run(() => rows.byIndex(index, now))
  if (known?.person.ref === person.ref && known.until === undefined) return
  database.transact(() => {
    const same = rows.byRef(person.ref, now)?.person
    if (same === undefined || !Buffer.from(same.key).equals(person.key)) throw unknownPerson()
    if (rows.byIndex(index, now)?.person.ref === person.ref) rows.limit(index, undefined)
    else rows.write(index, person, undefined)
  })
  await database.flushed()
}

const destroyAll = ({ database, rows }: Store, slots: () => readonly number[]): number =>
  database.transact(() => {
    const dead = slots()
    for (const slot of dead) rows.destroy(slot)
    return dead.length
  })

/** Empties the write-ahead log, which still holds what was overwritten. False, at once, while somebody else needs it. */
const emptyLog = ({ sql, run }: Database): boolean =>
  run(() => {
    sql.exec('PRAGMA busy_timeout = 0')
    const answer = sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    sql.exec(`PRAGMA busy_timeout = ${BUSY_WAIT_MS_MAX}`)
    return answer?.['busy'] === 0
  })

const erase = async (store: Store, ref: string): Promise<number> => {
  const erased = destroyAll(store, () => store.rows.slotsOf(ref))
  for (let tries = 1; !emptyLog(store.database); tries += 1) {
    if (tries === CHECKPOINT_TRIES_MAX) throw new Fault('ambiguous', 'rows are gone, traces may be left: erase again')
    await wait(CHECKPOINT_WAIT_MS)
  }
  return erased
}

/**
 * Persons in a file of their own that several processes may share. `key` (32 bytes) wraps their keys.
 * `erase` throws `ambiguous` when another process reads for so long that traces may be left: erase again.
 */
export const sqlitePersonKeys = (options: {
  readonly file: string
  readonly clock: Clock
  readonly chance: Chance
  readonly key: Uint8Array
}): PersonKeys => {
  const { clock, chance } = options
  const wrap = gcmWrap(options.key, chance)
  const database = openDatabase(options.file, SCHEMA)
  const { run, transact } = database
  const rows = openRows(database, wrap)
  const store: Store = { database, rows, clock, chance }
  return {
    resolve: async (index) => {
      checkIndex(index)
      const { person, isNew } = resolve(store, index)
      if (isNew) await database.flushed()
      return person
    },
    find: async (index) => {
      checkIndex(index)
      return run(() => rows.byIndex(index, clock.now()))?.person
    },
    confirm: async (index, person) => {
      checkIndex(index)
      checkPerson(person)
      await confirm(store, index, person)
    },
    touch: async (index) => {
      checkIndex(index)
      const now = clock.now()
      transact(() => {
        if (rows.byIndex(index, now)?.until !== undefined) rows.limit(index, later(now, PROVISIONAL_MS))
      })
      await database.flushed()
    },
    byRef: async (ref) => {
      checkRef(ref)
      return run(() => rows.byRef(ref, clock.now()))?.person
    },
    erase: async (ref) => {
      checkRef(ref)
      return erase(store, ref)
    },
    sweep: async () => {
      const swept = destroyAll(store, () => rows.slotsPast(clock.now(), SWEEP_ROWS_MAX))
      // Somebody who reads just now leaves the traces to the next sweep.
      emptyLog(database)
      return swept
    },
    close: async () => {
      database.close()
    },
  }
}
