import { Fault, type Clock, type Instant, type Tallies } from '../../../domain/ports.ts'
import { openRedis, type OnRedis, type RedisPlace, type RedisTools, script } from '../../redis.ts'

/** A limit is no reason to wait: what takes longer is judged by what this process counted. */
const CALL_MS = 150

/** Keys of the server's own time limits, so that nothing has to sweep them. */
const ADD = script(
  'write',
  `local counts = {}
   for at, key in ipairs(KEYS) do
     counts[at] = redis.call('INCR', key)
     if counts[at] == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
   end
   return counts`,
)

const KEY = 'tally:'

/** Counts come as numbers or as their text. */
const numberIn = (count: unknown): number => (typeof count === 'number' ? count : Buffer.isBuffer(count) ? Number(count.toString()) : 0)

/** More of the two: what nodes share, and what this one saw, which holds when the instance is flushed or away. */
const most = (shared: readonly unknown[], own: readonly number[]): readonly number[] =>
  own.map((count, at) => Math.max(count, numberIn(shared[at])))

/** Counts of many nodes in the instance that may be lost, beside those of this process. */
export const redisTallies = async (
  options: RedisTools & { readonly place: RedisPlace; readonly clock: Clock; readonly own: Tallies },
): Promise<Tallies & OnRedis> => {
  const { own, clock } = options
  const link = await openRedis({ ...options, role: 'cache', demands: { durable: false }, callMs: CALL_MS })
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
  return {
    add: async (names, until) => {
      const [counts, seen] = await Promise.all([shared(() => link.run(ADD, keysOf(names), [lifeMs(until)])), own.add(names, until)])
      return most(counts, seen)
    },
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
