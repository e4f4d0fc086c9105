import { redisScript } from '@dailyfeed/redis-support/redis-script'

/**
 * A cached feed is one sorted set. Its members are posts, `id:author` with the id as score, and below them all its foot,
 * whose score is the id above which nothing is missing: 0 where the feed reaches to its end. The foot says what the feed
 * rests on, or who is filling it: posts that are pushed meanwhile are kept. One key, so that it is there or not as a whole.
 */

/** `filling`: the foot. Whatever was there is gone. */
export const BEGIN_FILLING = redisScript(`
  local filling, seconds = ARGV[1], ARGV[2]
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], 0, filling)
  redis.call('EXPIRE', KEYS[1], seconds)`)

const ADDING = `
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

/** Answers 1, or 0 where somebody else fills it by now, or it was dropped meanwhile. */
export const FILL = redisScript(`${ADDING}
  local filling, foot, above, most, seconds = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
  local found = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if found[1] ~= filling then return 0 end
  above = math.max(above, tonumber(found[2]))
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', above)
  redis.call('ZADD', KEYS[1], above, foot)
  add(6, above)
  trim(most)
  redis.call('EXPIRE', KEYS[1], seconds)
  return 1`)

/** Only into a feed that is there. A post below its foot is left to the database, or there would be a hole. */
export const PUSH = redisScript(`${ADDING}
  local foot = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if #foot == 0 then return 0 end
  add(2, tonumber(foot[2]))
  trim(tonumber(ARGV[1]))
  return 1`)

/** Answers the foot, its score, and the newest posts; or nothing. Who is read stays. */
export const FIND = redisScript(`
  local most, seconds = tonumber(ARGV[1]), ARGV[2]
  local foot = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  if #foot == 0 or string.sub(foot[1], 1, 5) ~= 'feed ' then return false end
  redis.call('EXPIRE', KEYS[1], seconds)
  local count = math.min(most, redis.call('ZCARD', KEYS[1]) - 1)
  local posts = count > 0 and redis.call('ZRANGE', KEYS[1], 0, count - 1, 'REV') or {}
  return { foot[1], foot[2], posts }`)
