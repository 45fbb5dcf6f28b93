import { type Clock, Fault, type Vault } from '../../../domain/ports.ts'
import { NOT_AHEAD, openRedis, type OnRedis, type RedisPlace, type RedisTools, script } from '../../redis.ts'
import { checkName, checkPrefix, checkUntil, checkValue, SWEEP_ROWS_MAX } from '../limits.ts'
import { gcmSeal } from '../seal.ts'

/**
 * A row is its limit (24 characters), the name of its key (16) and what was sealed. Two sets beside the rows: names in order, for
 * prefixes, and names by their limit, for sweeps.
 */
const UNTIL_CHARACTERS = 24
const KEY_ID_CHARACTERS = 16
const HEADER = UNTIL_CHARACTERS + KEY_ID_CHARACTERS

const NAMES = 'vault:names'
const LIMITS = 'vault:limits'
const ROW = 'vault:row:'

const PUT = script(
  'write',
  `redis.call('SET', KEYS[3], ARGV[2])
   redis.call('ZADD', KEYS[1], 0, ARGV[1])
   redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])`,
)
const EXTEND = script(
  'write',
  `if redis.call('GETRANGE', KEYS[2], 0, ${UNTIL_CHARACTERS - 1}) <= ARGV[2] then return 0 end
   redis.call('SETRANGE', KEYS[2], 0, ARGV[3])
   redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
   return 1`,
)
const FORGET = `
   local function forget(name)
     redis.call('DEL', KEYS[3] .. name)
     redis.call('ZREM', KEYS[1], name)
     redis.call('ZREM', KEYS[2], name)
   end`
const REMOVE = script('write', `${FORGET}\n forget(ARGV[1])`)
const REMOVE_ALL = script(
  'write',
  `${FORGET}
   for _, name in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], '[' .. ARGV[1], '(' .. ARGV[1] .. '\\127')) do forget(name) end`,
)
const SWEEP = script(
  'write',
  `${FORGET}${NOT_AHEAD}
   local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', notAhead(ARGV[1]), 'LIMIT', 0, ARGV[2])
   for _, name in ipairs(dead) do forget(name) end
   return #dead`,
)

/** Sealed secrets for many nodes. `key`: 32 bytes. */
export const redisVault = async (
  options: RedisTools & { readonly place: RedisPlace; readonly clock: Clock; readonly key: Uint8Array },
): Promise<Vault & OnRedis> => {
  const { clock } = options
  const seal = gcmSeal(options.key, options.chance)
  const { key, enter, send, run, instance, close } = await openRedis({ ...options, role: 'secrets', demands: { durable: true } })
  const sets = [key(NAMES), key(LIMITS), key(ROW)]
  return {
    put: async (name, value, until) => {
      enter()
      checkName(name)
      checkValue(value)
      checkUntil(until)
      const row = Buffer.concat([Buffer.from(until + seal.keyId), seal.close(name, value)])
      await run(PUT, [key(NAMES), key(LIMITS), key(ROW + name)], [name, row, Date.parse(until)])
    },
    get: async (name) => {
      enter()
      checkName(name)
      const row = await send(['GET', key(ROW + name)])
      if (row === null) return undefined
      if (!Buffer.isBuffer(row) || row.byteLength < HEADER) throw new Fault('corrupt', 'a row of the vault is not a row')
      if (row.toString('latin1', 0, UNTIL_CHARACTERS) <= clock.now()) return undefined
      return seal.open(name, row.toString('latin1', UNTIL_CHARACTERS, HEADER), row.subarray(HEADER))
    },
    extend: async (name, until) => {
      enter()
      checkName(name)
      checkUntil(until)
      return (await run(EXTEND, [key(LIMITS), key(ROW + name)], [name, clock.now(), until, Date.parse(until)])) === 1
    },
    remove: async (name) => {
      enter()
      checkName(name)
      await run(REMOVE, sets, [name])
    },
    removeAll: async (prefix) => {
      enter()
      checkPrefix(prefix)
      await run(REMOVE_ALL, sets, [prefix])
    },
    sweep: async () => Number(await run(SWEEP, sets, [Date.parse(clock.now()), SWEEP_ROWS_MAX])),
    instance,
    close,
  }
}
