import { script } from '../../redis.ts'

/** What `apply` writes. */
export const SET_ROW = 's'
export const DELETE_ROW = 'd'
export const ADD_MEMBER = 'a'
export const REMOVE_MEMBER = 'r'

/**
 * KEYS: the view's hash, then whatever the operations name by number. ARGV: from, to (empty: none), shape, then the operations of four
 * each. The position is compared and moved with the rows, which is the fence (rule 37).
 */
export const APPLY = script(
  'write',
  `if (redis.call('HGET', KEYS[1], 'position') or '') ~= ARGV[1] then return 0 end
   for at = 4, #ARGV, 4 do
     local kind, key, name, text = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3]
     if kind == '${SET_ROW}' then redis.call('HSET', key, name, text)
     elseif kind == '${DELETE_ROW}' then redis.call('HDEL', key, name)
     elseif kind == '${ADD_MEMBER}' then redis.call('ZADD', key, 0, name)
     else redis.call('ZREM', key, name) end
   end
   redis.call('HSET', KEYS[1], 'position', ARGV[2], 'shape', ARGV[3])
   return 1`,
)

/** KEYS: the view's hash. ARGV: shape. Answers the shape that is kept. */
export const OPEN = script('write', `redis.call('HSETNX', KEYS[1], 'shape', ARGV[1])\nreturn redis.call('HGET', KEYS[1], 'shape')`)

/** KEYS: everything of the view, its hash first. */
export const DROP = script('write', `redis.call('HDEL', KEYS[1], 'position')\nfor at = 2, #KEYS do redis.call('UNLINK', KEYS[at]) end`)

/**
 * KEYS: an order, rows. ARGV: min, max, 1 for descending, members at most. Answers members and their rows in turn; a member is the
 * value, whose end shows, and the field of its row, or the field alone where the order is that of the keys (ARGV 5).
 */
export const LIST = script(
  'read',
  `local members
   if ARGV[3] == '1' then members = redis.call('ZREVRANGEBYLEX', KEYS[1], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[4])
   else members = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[4]) end
   local answer = {}
   for _, member in ipairs(members) do
     local field = member
     if ARGV[5] ~= '1' then
       if string.byte(member, 1) == 1 then field = string.sub(member, 10)
       else field = string.sub(member, string.find(member, '\\0\\0', 2, true) + 2) end
     end
     answer[#answer + 1] = member
     answer[#answer + 1] = redis.call('HGET', KEYS[2], field)
   end
   return answer`,
)
