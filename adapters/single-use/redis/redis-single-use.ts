import { hash } from 'node:crypto'
import { type Clock, Fault, type Instant, type SingleUse, type Use } from '../../../domain/ports.ts'
import { type Fresh, NOT_AHEAD, openRedis, type OnRedis, type RedisPlace, type RedisTools, script } from '../../redis.ts'
import { AHEAD_MS, checkUses, SWEEP_ROWS_MAX } from '../limits.ts'

const MARKER = 'single-use:epoch'
const USED = 'single-use:used'
/** What `USE` answers when the marker is not the one that the caller knows. */
const LOST = -1

/**
 * One set ordered by limits, and the marker: since when the memory is whole, and in which life of the instance that was said.
 * After a restart, a failover or a restore the life is another. Whether uses were lost with the old one nobody can tell, so a new epoch
 * begins (rule 32).
 */
const EPOCH = script(
  'write',
  `local began, run = unpack(redis.call('HMGET', KEYS[1], 'began', 'run'))
   if began and run == ARGV[1] then return began end
   local now = (began or ARGV[4] ~= '1') and ARGV[3] or ARGV[2]
   if began and began > now then now = began end
   redis.call('HSET', KEYS[1], 'began', now, 'run', ARGV[1])
   return now`,
)
/** ARGV: the marker's instant and life, now in ms, then each digest with its limit in ms. Answers how many were used before one that was known. */
const USE = script(
  'write',
  `local began, run = unpack(redis.call('HMGET', KEYS[1], 'began', 'run'))
   if began ~= ARGV[1] or run ~= ARGV[2] then return -1 end
   for at = 4, #ARGV, 2 do
     local before = redis.call('ZSCORE', KEYS[2], ARGV[at])
     if before and tonumber(before) > tonumber(ARGV[3]) then return (at - 4) / 2 end
     redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at])
   end
   return (#ARGV - 3) / 2`,
)
const SWEEP = script(
  'write',
  `${NOT_AHEAD}
   local dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', notAhead(ARGV[1]), 'LIMIT', 0, ARGV[2])
   if #dead > 0 then redis.call('ZREM', KEYS[1], unpack(dead)) end
   return #dead`,
)

const digestOf = (scope: string, id: string): Buffer => hash('sha256', `${scope} ${id}`, 'buffer')
const plus = (at: Instant, ms: number): Instant => new Date(Date.parse(at) + ms).toISOString()

/** What was used once, for many nodes. Only digests are kept. */
export const redisSingleUse = async (
  options: RedisTools & {
    readonly place: RedisPlace
    readonly clock: Clock
    /** True where nothing can have been used before: no marker is missed then. */
    readonly first: boolean
    /** How far ahead of the clock something that is accepted may be dated; a new epoch begins after it. */
    readonly aheadMs?: number
  },
): Promise<SingleUse & OnRedis> => {
  const { clock, aheadMs = AHEAD_MS } = options
  let epoch: Instant = ''
  let first = options.first
  const begin = async ({ send, runId, key }: Fresh): Promise<void> => {
    const now = clock.now()
    const values = [runId, now, plus(now, aheadMs), first ? '1' : '0']
    epoch = String(await send(['EVAL', EPOCH.text, '1', key(MARKER), ...values], 'write'))
    first = false
  }
  const { key, enter, send, run, runId, instance, close } = await openRedis({
    ...options,
    role: 'secrets',
    demands: { durable: true },
    greet: begin,
  })
  const useInOrder = async (uses: readonly Use[]): Promise<number> => {
    enter()
    checkUses(uses)
    const now = clock.now()
    // One whose limit has passed cannot be remembered: it counts as used, and so what follows stays as it is.
    const past = uses.findIndex(({ until }) => until <= now)
    const fit = past === -1 ? uses : uses.slice(0, past)
    if (fit.length === 0) return 0
    const rows = fit.flatMap(({ scope, id, until }) => [digestOf(scope, id), Date.parse(until)])
    const answer = await run(USE, [key(MARKER), key(USED)], [epoch, runId(), Date.parse(now), ...rows])
    if (answer !== LOST) return Number(answer)
    // It was judged by an epoch that is over. The next request is judged by the new one.
    await begin({ send, runId: runId(), key })
    throw new Fault('unavailable', 'the memory of single use was lost', { retryAfterMs: aheadMs })
  }
  return {
    use: async (scope, id, until) => (await useInOrder([{ scope, id, until }])) === 1,
    useInOrder,
    epoch: async () => {
      enter()
      const waitMs = Date.parse(epoch) - Date.parse(clock.now())
      if (waitMs > 0) throw new Fault('unavailable', 'the memory of single use begins anew', { retryAfterMs: waitMs })
      return epoch
    },
    sweep: async () => Number(await run(SWEEP, [key(USED)], [Date.parse(clock.now()), SWEEP_ROWS_MAX])),
    instance,
    close,
  }
}
