import { setTimeout as wait } from 'node:timers/promises'
import { type Chance, type Clock, type Digest, Fault, type Person, type PersonKeys } from '../../../domain/ports.ts'
import { BUSY_WAIT_MS_MAX, type Database, openDatabase } from '../../sqlite.ts'
import { checkIndex, checkJoin, checkRef, GRACE_MS, isSame, later, newPerson, PROVISIONAL_MS, SWEEP_ROWS_MAX } from '../rules.ts'
import { openRows, type Row, type Rows, SCHEMA } from './rows.ts'
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

const join = async ({ database, rows, clock }: Store, indexes: readonly Digest[], person: Person): Promise<Person | undefined> => {
  const now = clock.now()
  const found = (): readonly (Row | undefined)[] => indexes.map((index) => rows.byIndex(index, now))
  const known = database.run(found)
  const one = known[0]?.person
  if (one !== undefined && known.every((row) => row?.person.ref === one.ref && row.until === undefined)) return one
  const joined = database.transact(() => {
    // Another process may have been here since.
    const present = found()
    const own = present[0] ?? rows.byRef(person.ref, now)
    if (own === undefined || (present[0] === undefined && !isSame(own.person, person))) return undefined
    for (const [at, index] of indexes.entries()) {
      const row = present[at]
      if (row?.person.ref !== own.person.ref) rows.write(index, own.person, undefined)
      else if (row.until !== undefined) rows.limit(index, undefined)
    }
    return own.person
  })
  if (joined !== undefined) await database.flushed()
  return joined
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
    join: async (indexes, person) => {
      checkJoin(indexes, person)
      return join(store, indexes, person)
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
    checkedUntil: async () => run(rows.checkedUntil),
    checked: async (until) => transact(() => rows.checked(until)),
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
