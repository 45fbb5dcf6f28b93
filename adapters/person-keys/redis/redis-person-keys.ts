import { ErrorReply } from 'redis'
import { type Clock, type Digest, Fault, type Instant, type Person, type PersonKeys } from '../../../domain/ports.ts'
import { type Fresh, openRedis, type OnRedis, type RedisLink, type RedisPlace, type RedisTools, type Script } from '../../redis.ts'
import { checkIndex, checkPerson, checkRef, GRACE_MS, later, newPerson, PROVISIONAL_MS, SWEEP_ROWS_MAX, unknownPerson } from '../rules.ts'
import { gcmWrap, type Wrap } from '../wrap.ts'
import { erasedFor, replicated } from './erasure.ts'
import { CONFIRM, ERASE, FIND, LOOK, RESOLVE, SETTLE, SWEEP, TOUCH } from './scripts.ts'

const MARKER = 'person-keys:marker'
const LIMITS = 'person-keys:limits'
const ROWS = 'person-keys:row:'
const REFS = 'person-keys:ref:'

const MARKER_BYTES = 16
const REPLICA_WAIT_MS = 800
const RETRY_AFTER_MS = 1000
const CONFIRM_TRIES_MAX = 3

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
}
type Store = Rows & RedisPersonKeysOptions

const ms = (at: Instant): number => Date.parse(at)
const listOf = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : [])
const textOf = (value: unknown): string | undefined => (Buffer.isBuffer(value) ? value.toString('latin1') : undefined)

const opened = ({ wrap }: Store, at: Digest, ref: string, wrapped: unknown): Person => {
  if (!Buffer.isBuffer(wrapped)) throw new Fault('corrupt', 'a row of the person keys is not a row')
  const { index, person } = wrap.open(at, wrapped)
  if (index !== at || person.ref !== ref) throw new Fault('corrupt', 'a row of the person keys belongs elsewhere')
  return person
}

const settle = async (store: Store, index: Digest, ref: string): Promise<void> => {
  const { replicas, slow, runSlowly } = store
  const mark = async (settled: '0' | '1'): Promise<void> => {
    // Swept or named anew meanwhile: nobody may go on with a key that is in no row.
    if ((await runSlowly(SETTLE, [index, ref, settled])) !== 1)
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
  if (replicas > 0 && textOf(settled) !== '1') await settle(store, index, known.ref)
  return known
}

const look = async (store: Store, ref: string, index: Digest) => {
  const now = store.clock.now()
  const [at, wrapped, limit, own, settled] = listOf(await store.run(LOOK, [ref, now, index]))
  const place = textOf(at)
  const found = place === undefined ? undefined : { place, wrapped: wrapped as Buffer, person: opened(store, place, ref, wrapped) }
  return { found, isDone: textOf(own) === ref && textOf(limit) === '' && textOf(settled) === '1' }
}

const confirm = async (store: Store, index: Digest, person: Person): Promise<void> => {
  const wrapped = Buffer.from(store.wrap.close(index, { index, person }))
  const settled = store.replicas > 0 ? '0' : '1'
  for (let tries = 1; tries <= CONFIRM_TRIES_MAX; tries += 1) {
    const { found, isDone } = await look(store, person.ref, index)
    if (found === undefined || !Buffer.from(found.person.key).equals(person.key)) throw unknownPerson()
    if (isDone) return
    if ((await store.runSlowly(CONFIRM, [index, person.ref, found.place, found.wrapped, wrapped, settled])) !== 1) continue
    if (store.replicas > 0) await settle(store, index, person.ref)
    return
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
  return { ...options, main, slow, run: over(main), runSlowly: over(slow), wrap: gcmWrap(options.key, options.chance) }
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
      const [limit, ref, wrapped] = listOf(await run(FIND, [index])).map((value, at) => (at < 2 ? textOf(value) : value))
      const isAlive = typeof limit === 'string' && (limit === '' || limit > clock.now())
      return isAlive ? opened(store, index, String(ref), wrapped) : undefined
    },
    confirm: async (index, person) => {
      main.enter()
      checkIndex(index)
      checkPerson(person)
      await confirm(store, index, person)
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
      return (await look(store, ref, '')).found?.person
    },
    erase: async (ref) => {
      main.enter()
      checkRef(ref)
      const erased = Number(await runSlowly(ERASE, [ref]))
      await erasedFor(slow, timers, replicas, REPLICA_WAIT_MS)
      return erased
    },
    sweep: async () => Number(await run(SWEEP, [ms(clock.now()), SWEEP_ROWS_MAX])),
    instance: main.instance,
    close: async () => {
      await main.close()
      await slow.close()
    },
  }
}
