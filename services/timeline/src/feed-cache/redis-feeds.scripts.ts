import { redisScript } from '@dailyfeed/redis-support/redis-script'

/**
 * The feed of one member is one sorted set. Its members are posts, `id:author` with the id as score, and below them all a
 * sentinel, whose score is the id above which no post is missing: 0 where the feed reaches to its end. The sentinel says
 * for which followings the feed was filled, or which fill is in progress: posts that are pushed during a fill are kept. A
 * feed has one key, so that it exists or is lost as a whole.
 */

/** Replaces the feed by a sentinel of the fill that is in progress. */
export const START_FILL = redisScript(`
  local filling, seconds = ARGV[1], ARGV[2]
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], 0, filling)
  redis.call('EXPIRE', KEYS[1], seconds)`)

const ADD_AND_TRIM = `
  local function add(first, above)
    for n = first, #ARGV, 2 do
      if tonumber(ARGV[n]) > above then redis.call('ZADD', KEYS[1], ARGV[n], ARGV[n] .. ':' .. ARGV[n + 1]) end
    end
  end
  local function trim(most)
    local over = redis.call('ZCARD', KEYS[1]) - 1 - most
    if over <= 0 then return end
    redis.call('ZREMRANGEBYRANK', KEYS[1], 1, over)
    local lowest = redis.call('ZRANGE', KEYS[1], 1, 1, 'WITHSCORES')
    redis.call('ZADD', KEYS[1], lowest[2] - 1, redis.call('ZRANGE', KEYS[1], 0, 0)[1])
  end`

/** Returns 1, or 0 where another fill has started since, or the feed was dropped. */
export const FILL = redisScript(`${ADD_AND_TRIM}
  local filling, sentinel, above, most, seconds = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
  local found = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if found[1] ~= filling then return 0 end
  above = math.max(above, tonumber(found[2]))
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', above)
  redis.call('ZADD', KEYS[1], above, sentinel)
  add(6, above)
  trim(most)
  redis.call('EXPIRE', KEYS[1], seconds)
  return 1`)

/** Only into a feed that exists. A post below its sentinel is left to the database, since posts between may be missing. */
export const PUSH = redisScript(`${ADD_AND_TRIM}
  local sentinel = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if #sentinel == 0 then return 0 end
  add(2, tonumber(sentinel[2]))
  trim(tonumber(ARGV[1]))
  return 1`)

/** Returns the sentinel, its score, and the newest posts; or nothing. A read extends the feed's lifetime. */
export const FIND = redisScript(`
  local most, seconds = tonumber(ARGV[1]), ARGV[2]
  local sentinel = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if #sentinel == 0 or string.sub(sentinel[1], 1, 5) ~= 'feed ' then return false end
  redis.call('EXPIRE', KEYS[1], seconds)
  local count = math.min(most, redis.call('ZCARD', KEYS[1]) - 1)
  local posts = count > 0 and redis.call('ZRANGE', KEYS[1], 0, count - 1, 'REV') or {}
  return { sentinel[1], sentinel[2], posts }`)
