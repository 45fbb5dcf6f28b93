import {
  type Chance,
  type Clock,
  type Digest,
  Fault,
  type Instant,
  type Person,
  type PersonKeys,
  type Position,
} from '../../../domain/ports.ts'
import { checkIndex, checkJoin, checkRef, GRACE_MS, isSame, later, newPerson, PROVISIONAL_MS, SWEEP_ROWS_MAX } from '../rules.ts'

/** Without `until` the row is permanent. */
type Kept = { readonly person: Person; readonly until: Instant | undefined }

const copyOf = ({ ref, key }: Person): Person => ({ ref, key: Uint8Array.from(key) })

type Rows = Map<Digest, Kept>

const aliveIn = (rows: Rows, index: Digest, now: Instant): Kept | undefined => {
  const row = rows.get(index)
  return row && (row.until === undefined || row.until > now) ? row : undefined
}

const knownIn = (rows: Rows, ref: string, now: Instant): Person | undefined =>
  [...rows.keys()].map((index) => aliveIn(rows, index, now)).find((row) => row?.person.ref === ref)?.person

const joinIn = (rows: Rows, indexes: readonly Digest[], person: Person, now: Instant): Person | undefined => {
  const own = knownIn(rows, person.ref, now)
  const named = aliveIn(rows, indexes[0] ?? '', now)?.person ?? (isSame(own, person) ? own : undefined)
  if (named === undefined) return undefined
  const joined = copyOf(named)
  for (const index of indexes) rows.set(index, { person: copyOf(joined), until: undefined })
  return joined
}

/** Persons who are forgotten with the process: for tests and simulations. */
export const memoryPersonKeys = ({ clock, chance }: { readonly clock: Clock; readonly chance: Chance }): PersonKeys => {
  const rows: Rows = new Map()
  let closed = false
  let checkedUntil: Position | undefined
  const enter = (): Instant => {
    if (closed) throw new Fault('closed', 'the person keys are closed')
    return clock.now()
  }
  const alive = (index: Digest, now: Instant): Kept | undefined => aliveIn(rows, index, now)
  const forget = (dead: readonly (readonly [Digest, Kept])[]): number => {
    for (const [index, { person }] of dead) {
      person.key.fill(0)
      rows.delete(index)
    }
    return dead.length
  }
  return {
    resolve: async (index) => {
      const now = enter()
      checkIndex(index)
      const row = alive(index, now) ?? { person: newPerson(chance), until: later(now, PROVISIONAL_MS) }
      const atLeast = later(now, GRACE_MS)
      rows.set(index, row.until !== undefined && row.until < atLeast ? { ...row, until: atLeast } : row)
      return copyOf(row.person)
    },
    find: async (index) => {
      const now = enter()
      checkIndex(index)
      const row = alive(index, now)
      return row && copyOf(row.person)
    },
    join: async (indexes, person) => {
      const now = enter()
      checkJoin(indexes, person)
      return joinIn(rows, indexes, person, now)
    },
    touch: async (index) => {
      const now = enter()
      checkIndex(index)
      const row = alive(index, now)
      if (row?.until !== undefined) rows.set(index, { ...row, until: later(now, PROVISIONAL_MS) })
    },
    byRef: async (ref) => {
      const now = enter()
      checkRef(ref)
      const person = knownIn(rows, ref, now)
      return person && copyOf(person)
    },
    erase: async (ref) => {
      enter()
      checkRef(ref)
      return forget([...rows].filter(([, { person }]) => person.ref === ref))
    },
    checkedUntil: async () => checkedUntil,
    checked: async (until) => {
      enter()
      checkedUntil = until
    },
    sweep: async () => {
      const now = enter()
      return forget([...rows].filter(([, { until }]) => until !== undefined && until <= now).slice(0, SWEEP_ROWS_MAX))
    },
    close: async () => {
      closed = true
      forget([...rows])
    },
  }
}
