import { NOT_AHEAD, script } from '../../redis.ts'

/**
 * A row is a hash: `u` its limit (empty: permanent), `r` the person's reference, `w` what was wrapped, `s` whether a replica has it.
 * A set for each reference names its rows, and one set orders the provisional rows by their limits.
 * Every script begins with the marker: without it the instance is not the one that holds the keys, and nothing is believed or written.
 */
const guarded = (kind: 'read' | 'write', text: string) =>
  script(kind, `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LOST the marker') end\n${text}`)

/** KEYS: marker, limits; ARGV: marker, prefix of rows, prefix of references. */
const FORGET = `
   local function forget(index)
     local ref = redis.call('HGET', ARGV[2] .. index, 'r')
     redis.call('DEL', ARGV[2] .. index)
     redis.call('ZREM', KEYS[2], index)
     if ref then redis.call('SREM', ARGV[3] .. ref, index) end
   end`

/** ARGV: index, now, least limit and its ms, limit of a new row and its ms, reference, wrapped, settled. Answers wrapped, reference, settled. */
export const RESOLVE = guarded(
  'write',
  `${FORGET}
   local index, now, least = ARGV[4], ARGV[5], ARGV[6]
   local row = ARGV[2] .. index
   local u, r, w, s = unpack(redis.call('HMGET', row, 'u', 'r', 'w', 's'))
   if r and (u == '' or u > now) then
     if u ~= '' and u < least then
       redis.call('HSET', row, 'u', least)
       redis.call('ZADD', KEYS[2], ARGV[7], index)
     end
     return {w, r, s}
   end
   if r then forget(index) end
   redis.call('HSET', row, 'u', ARGV[8], 'r', ARGV[10], 'w', ARGV[11], 's', ARGV[12])
   redis.call('ZADD', KEYS[2], ARGV[9], index)
   redis.call('SADD', ARGV[3] .. ARGV[10], index)
   return {ARGV[11], ARGV[10], ARGV[12]}`,
)

/** ARGV: index, reference, settled. A write in any case, so that who waits for replicas waits for all that came before. */
export const SETTLE = guarded(
  'write',
  `if redis.call('HGET', ARGV[2] .. ARGV[4], 'r') ~= ARGV[5] then return 0 end
   redis.call('HSET', ARGV[2] .. ARGV[4], 's', ARGV[6])
   return 1`,
)

/** ARGV: index. Answers limit, reference, wrapped. */
export const FIND = guarded('read', `return redis.call('HMGET', ARGV[2] .. ARGV[4], 'u', 'r', 'w')`)

/** ARGV: reference, now. Answers index and wrapped of a row of the person that is alive. */
export const LOOK = guarded(
  'read',
  `for _, index in ipairs(redis.call('SMEMBERS', ARGV[3] .. ARGV[4])) do
     local u, w = unpack(redis.call('HMGET', ARGV[2] .. index, 'u', 'w'))
     if w and (u == '' or u > ARGV[5]) then return {index, w} end
   end
   return {}`,
)

/**
 * ARGV: now, reference, settled, index and wrapped of a row that names the person, then each index that is to name them, with what is
 * wrapped for it. Answers first a word: `changed`, that row is not as it was; `other`, with reference and wrapped of whom the first index
 * names already; `joined`, with the indexes that were written, or that no replica may have yet.
 */
export const JOIN = guarded(
  'write',
  `${FORGET}
   local now, ref = ARGV[4], ARGV[5]
   local function isAlive(u) return u and (u == '' or u > now) end
   local u, r, w = unpack(redis.call('HMGET', ARGV[2] .. ARGV[9], 'u', 'r', 'w'))
   if isAlive(u) and r ~= ref then return {'other', r, w} end
   u, w = unpack(redis.call('HMGET', ARGV[2] .. ARGV[7], 'u', 'w'))
   if not isAlive(u) or w ~= ARGV[8] then return {'changed'} end
   local written = {'joined'}
   for at = 9, #ARGV, 2 do
     local index = ARGV[at]
     local row = ARGV[2] .. index
     local u, r, s = unpack(redis.call('HMGET', row, 'u', 'r', 's'))
     if r ~= ref then
       forget(index)
       redis.call('HSET', row, 'r', ref, 'w', ARGV[at + 1])
       redis.call('SADD', ARGV[3] .. ref, index)
     end
     if r ~= ref or u ~= '' or s ~= '1' then
       redis.call('HSET', row, 'u', '', 's', ARGV[6])
       redis.call('ZREM', KEYS[2], index)
       table.insert(written, index)
     end
   end
   return written`,
)

/** ARGV: index, now, limit and its ms. */
export const TOUCH = guarded(
  'write',
  `local u = redis.call('HGET', ARGV[2] .. ARGV[4], 'u')
   if not u or u == '' or u <= ARGV[5] then return 0 end
   redis.call('HSET', ARGV[2] .. ARGV[4], 'u', ARGV[6])
   redis.call('ZADD', KEYS[2], ARGV[7], ARGV[4])
   return 1`,
)

/** ARGV: reference. */
export const ERASE = guarded(
  'write',
  `${FORGET}
   local indexes = redis.call('SMEMBERS', ARGV[3] .. ARGV[4])
   for _, index in ipairs(indexes) do forget(index) end
   return #indexes`,
)

/** ARGV: now in ms, rows at most. */
export const SWEEP = guarded(
  'write',
  `${FORGET}${NOT_AHEAD}
   local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', notAhead(ARGV[4]), 'LIMIT', 0, ARGV[5])
   for _, index in ipairs(dead) do forget(index) end
   return #dead`,
)
