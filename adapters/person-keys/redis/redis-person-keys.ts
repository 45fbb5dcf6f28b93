import { ErrorReply } from 'redis'
import { type Clock, type Digest, Fault, type Instant, type Person, type PersonKeys } from '../../../domain/ports.ts'
import { type Fresh, openRedis, type OnRedis, type RedisLink, type RedisPlace, type RedisTools, type Script } from '../../redis.ts'
import { checkIndex, checkJoin, checkRef, GRACE_MS, isSame, later, newPerson, PROVISIONAL_MS, SWEEP_ROWS_MAX } from '../rules.ts'
import { gcmWrap, type Wrap } from '../wrap.ts'
import { erasedFor, replicated } from './erasure.ts'
import { ERASE, FIND, JOIN, LOOK, RESOLVE, SETTLE, SWEEP, TOUCH } from './scripts.ts'

const MARKER = 'person-keys:marker'
const LIMITS = 'person-keys:limits'
const ROWS = 'person-keys:row:'
const REFS = 'person-keys:ref:'
const CHECKED = 'person-keys:checked'

const MARKER_BYTES = 16
const REPLICA_WAIT_MS = 800
const RETRY_AFTER_MS = 1000
const JOIN_TRIES_MAX = 3

export type RedisPersonKeysOptions = RedisTools & {
  readonly place: RedisPlace
  readonly clock: Clock
  /** Wraps the persons' keys; 32 bytes. */
  readonly key: Uint8Array
  /** True where no event is about a person yet: then an instance without a marker is a new one, else it has lost the keys. */
  readonly first: boolean
  /** How many replicas must have a key before an event uses it (rule 40). */
  readonly replicas: number
}

type Rows = {
  readonly run: (script: Script, values: readonly (string | number | Buffer)[]) => Promise<unknown>
  /** The same where replicas are waited for afterwards, which holds up whoever uses the connection. */
  readonly runSlowly: Rows['run']
  readonly slow: RedisLink
  readonly wrap: Wrap
  /** Where persons that went out were read, so that who joins one is spared a look: the script compares what lies there. */
  readonly places: WeakMap<Person, Place>
}
type Place = { readonly index: Digest; readonly wrapped: Buffer }
type Store = Rows & RedisPersonKeysOptions

const ms = (at: Instant): number => Date.parse(at)
const listOf = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : [])
const textOf = (value: unknown): string | undefined => (Buffer.isBuffer(value) ? value.toString('latin1') : undefined)

const opened = ({ wrap, places }: Pick<Store, 'wrap' | 'places'>, at: Digest, ref: string, wrapped: unknown): Person => {
  if (!Buffer.isBuffer(wrapped)) throw new Fault('corrupt', 'a row of the person keys is not a row')
  const { index, person } = wrap.open(at, wrapped)
  if (index !== at || person.ref !== ref) throw new Fault('corrupt', 'a row of the person keys belongs elsewhere')
  places.set(person, { index: at, wrapped })
  return person
}

/** Whoever goes on with a new key, or with another row of one, waits until a replica has it (rule 40). */
const settle = async ({ replicas, slow, runSlowly }: Store, ref: string, indexes: readonly Digest[]): Promise<void> => {
  const mark = async (settled: '0' | '1'): Promise<void> => {
    const marks = await Promise.all(indexes.map((index) => runSlowly(SETTLE, [index, ref, settled])))
    // Swept or named anew meanwhile: nobody may go on with a key that is in no row.
    if (marks.some((answer) => answer !== 1))
      throw new Fault('unavailable', 'the row of a person has changed', { retryAfterMs: RETRY_AFTER_MS })
  }
  await mark('0')
  if (!(await replicated(slow, replicas, REPLICA_WAIT_MS)))
    throw new Fault('unavailable', 'no replica of the person keys has a new key', { retryAfterMs: RETRY_AFTER_MS })
  await mark('1')
}

const resolve = async (store: Store, index: Digest): Promise<Person> => {
  const { clock, chance, wrap, replicas } = store
  const now = clock.now()
  const person = newPerson(chance)
  const wrapped = Buffer.from(wrap.close(index, { index, person }))
  const [least, until] = [later(now, GRACE_MS), later(now, PROVISIONAL_MS)]
  const values = [index, now, least, ms(least), until, ms(until), person.ref, wrapped, replicas > 0 ? '0' : '1']
  const [found, ref, settled] = listOf(await store.run(RESOLVE, values))
  const known = opened(store, index, textOf(ref) ?? '', found)
  if (replicas > 0 && textOf(settled) !== '1') await settle(store, known.ref, [index])
  return known
}

const find = async (store: Store, index: Digest): Promise<Person | undefined> => {
  const [limit, ref, wrapped] = listOf(await store.run(FIND, [index])).map((value, at) => (at < 2 ? textOf(value) : value))
  const isAlive = typeof limit === 'string' && (limit === '' || limit > store.clock.now())
  return isAlive ? opened(store, index, String(ref), wrapped) : undefined
}

const look = async (store: Store, ref: string): Promise<Person | undefined> => {
  const [at, wrapped] = listOf(await store.run(LOOK, [ref, store.clock.now()]))
  const place = textOf(at)
  return place === undefined ? undefined : opened(store, place, ref, wrapped)
}

/** The person as the rows have them, and where: as they were read for the caller, else as they are found now. */
const placeOf = async (store: Store, person: Person, afresh: boolean): Promise<{ person: Person; place: Place } | undefined> => {
  const read = afresh ? undefined : store.places.get(person)
  if (read !== undefined) return { person, place: read }
  const known = await look(store, person.ref)
  const place = known && store.places.get(known)
  return place && isSame(known, person) ? { person: known, place } : undefined
}

const join = async (store: Store, indexes: readonly Digest[], given: Person): Promise<Person | undefined> => {
  const { replicas, clock, wrap } = store
  const [first = ''] = indexes
  let person = given
  let afresh = false
  for (let tries = 1; tries <= JOIN_TRIES_MAX; tries += 1) {
    const found = await placeOf(store, person, afresh)
    if (found === undefined) {
      // Nobody by that key any more; but the first index may name somebody.
      const named = await find(store, first)
      if (named === undefined) return undefined
      person = named
      afresh = false
      continue
    }
    const { place } = found
    const rows = indexes.flatMap((index) => [index, Buffer.from(wrap.close(index, { index, person }))])
    const values = [clock.now(), person.ref, replicas > 0 ? '0' : '1', place.index, place.wrapped, ...rows]
    const [word, ...rest] = listOf(await store.runSlowly(JOIN, values))
    const answer = textOf(word)
    if (answer === 'joined') {
      const written = rest.map((index) => textOf(index) ?? '')
      if (replicas > 0 && written.length > 0) await settle(store, person.ref, written)
      return found.person
    }
    afresh = answer === 'changed'
    if (answer === 'other') person = opened(store, first, textOf(rest[0]) ?? '', rest[1])
  }
  throw new Fault('unavailable', 'the row of a person changes too often', { retryAfterMs: RETRY_AFTER_MS })
}

const open = async (options: RedisPersonKeysOptions): Promise<Store & { readonly main: RedisLink }> => {
  let marker: string | undefined
  const greet = async ({ send, key }: Fresh): Promise<void> => {
    const fresh = Buffer.from(options.chance.bytes(MARKER_BYTES)).toString('base64url')
    if (marker === undefined && options.first) await send(['SET', key(MARKER), fresh, 'NX'], 'write')
    const found = textOf(await send(['GET', key(MARKER)]))
    if (found === undefined || (marker !== undefined && found !== marker))
      throw new Fault('unavailable', 'redis.keys: the person keys are gone; put them back from their backup (ops/redis.md)')
    marker = found
  }
  // Snapshots would keep what was erased.
  const linkOptions = { ...options, role: 'keys', demands: { durable: true, withoutSnapshots: true }, greet }
  const main = await openRedis(linkOptions)
  const slow = options.replicas > 0 ? await openRedis(linkOptions) : main
  const over =
    ({ run, key }: RedisLink): Rows['run'] =>
    async (script, values) => {
      try {
        return await run(script, [key(MARKER), key(LIMITS)], [marker ?? '', key(ROWS), key(REFS), ...values])
      } catch (error) {
        if (!(error instanceof ErrorReply && error.message.startsWith('LOST'))) throw error
        options.log.error('person_keys_lost')
        throw new Fault('unavailable', 'the person keys are gone', { cause: error })
      }
    }
  return {
    ...options,
    main,
    slow,
    run: over(main),
    runSlowly: over(slow),
    wrap: gcmWrap(options.key, options.chance),
    places: new WeakMap(),
  }
}

/** Persons for many nodes. `erase` throws `ambiguous` where traces may be left: erase again. */
export const redisPersonKeys = async (options: RedisPersonKeysOptions): Promise<PersonKeys & OnRedis> => {
  const store = await open(options)
  const { clock, timers, replicas, main, slow, run, runSlowly } = store
  return {
    resolve: async (index) => {
      main.enter()
      checkIndex(index)
      return resolve(store, index)
    },
    find: async (index) => {
      main.enter()
      checkIndex(index)
      return find(store, index)
    },
    join: async (indexes, person) => {
      main.enter()
      checkJoin(indexes, person)
      return join(store, indexes, person)
    },
    touch: async (index) => {
      main.enter()
      checkIndex(index)
      const now = clock.now()
      const until = later(now, PROVISIONAL_MS)
      await run(TOUCH, [index, now, until, ms(until)])
    },
    byRef: async (ref) => {
      main.enter()
      checkRef(ref)
      return look(store, ref)
    },
    erase: async (ref) => {
      main.enter()
      checkRef(ref)
      const erased = Number(await runSlowly(ERASE, [ref]))
      await erasedFor(slow, timers, replicas, REPLICA_WAIT_MS)
      return erased
    },
    checkedUntil: async () => {
      main.enter()
      return textOf(await main.send(['GET', main.key(CHECKED)]))
    },
    checked: async (until) => {
      main.enter()
      await main.send(['SET', main.key(CHECKED), until], 'write')
    },
    sweep: async () => Number(await run(SWEEP, [ms(clock.now()), SWEEP_ROWS_MAX])),
    instance: main.instance,
    close: async () => {
      await main.close()
      await slow.close()
    },
  }
}
