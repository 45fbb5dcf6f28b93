import { Fault, type Clock, type Instant, type Tallies } from '../../../domain/ports.ts'
import { openRedis, type OnRedis, type RedisPlace, type RedisTools, script } from '../../redis.ts'
import type { OwnTallies } from '../own.ts'

/** A limit is no reason to wait: what takes longer is judged by what this process counted. */
const CALL_MS = 150

/** Of one name, sent and not answered yet, while whoever adds more need not wait. */
const UNDER_WAY_MAX = 8

/** ARGV: how long a name is kept, ms; how many of the keys are added to, the rest is read. Keys of the server's own time limits, so that nothing has to sweep them. */
const ADD = script(
  'write',
  `local counts = {}
   for at, key in ipairs(KEYS) do
     if at > tonumber(ARGV[2]) then
       counts[at] = tonumber(redis.call('GET', key) or 0)
     else
       counts[at] = redis.call('INCR', key)
       if counts[at] == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
     end
   end
   return counts`,
)

const KEY = 'tally:'

/** Counts come as numbers or as their text. */
const numberIn = (count: unknown): number => (typeof count === 'number' ? count : Buffer.isBuffer(count) ? Number(count.toString()) : 0)

/** More of the two: what nodes share, and what this one saw, which holds when the instance is flushed or away. */
const most = (shared: readonly unknown[], own: readonly number[]): readonly number[] =>
  own.map((count, at) => Math.max(count, numberIn(shared[at])))

/** Names under way, how often each. */
const underWay = () => {
  const counts = new Map<string, number>()
  const change = (names: readonly string[], by: number): void => {
    for (const name of names) {
      const count = (counts.get(name) ?? 0) + by
      if (count === 0) counts.delete(name)
      else counts.set(name, count)
    }
  }
  return {
    begin: (names: readonly string[]) => change(names, 1),
    end: (names: readonly string[]) => change(names, -1),
    isFull: (names: readonly string[]) => names.some((name) => (counts.get(name) ?? 0) > UNDER_WAY_MAX),
  }
}

/**
 * Counts of many nodes in the instance that may be lost, beside those of this process, which are raised to what it heard: so a node that
 * is told nothing goes by what it knows, and a limit that was reached anywhere stays reached here.
 */
export const redisTallies = async (
  options: RedisTools & { readonly place: RedisPlace; readonly clock: Clock; readonly own: OwnTallies },
): Promise<Tallies & OnRedis> => {
  const { own, clock, log } = options
  const link = await openRedis({ ...options, role: 'cache', demands: { durable: false }, callMs: CALL_MS })
  const flying = underWay()
  const shared = async (ask: () => Promise<unknown>): Promise<readonly unknown[]> => {
    try {
      const answer = await ask()
      return Array.isArray(answer) ? (answer as readonly unknown[]) : []
    } catch (error) {
      if (error instanceof Fault) return []
      throw error
    }
  }
  const keysOf = (names: readonly string[]): readonly string[] => names.map((name) => link.key(KEY + name))
  const lifeMs = (until: Instant): number => Math.max(1, Date.parse(until) - Date.parse(clock.now()))
  /** Adds where all nodes do, and hears how far they are. */
  const told = async (names: readonly string[], until: Instant, others: readonly string[]): Promise<readonly number[]> => {
    const all = [...names, ...others]
    flying.begin(names)
    try {
      const counts = (await shared(() => link.run(ADD, keysOf(all), [lifeMs(until), names.length]))).map(numberIn)
      own.raise(all, counts, until)
      return counts
    } finally {
      flying.end(names)
    }
  }
  const note: Tallies['note'] = async (names, until, others = []) => {
    const seen = own.note(names, until, others)
    const telling = told(names, until, others)
    if (flying.isFull(names)) return most(await telling, await seen)
    telling.catch((error: unknown) => log.error('tallies_failed', { problem: error instanceof Error ? error.name : 'unknown' }))
    return seen
  }
  return {
    add: async (names, until) => {
      const seen = own.add(names, until)
      return most(await told(names, until, []), await seen)
    },
    note,
    read: async (names) => {
      if (names.length === 0) return []
      const [counts, seen] = await Promise.all([shared(() => link.send(['MGET', ...keysOf(names)])), own.read(names)])
      return most(counts, seen)
    },
    instance: link.instance,
    close: async () => {
      await link.close()
      await own.close()
    },
  }
}
