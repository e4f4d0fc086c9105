import { createHash, randomUUID } from 'node:crypto'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { createTryRedis } from '@dailyfeed/redis-support/try-redis'
import type { FeedEntry } from '../feed/feed-entry.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed-limits.ts'
import { FILL, FIND, PUSH, START_FILL } from './redis-feeds.scripts.ts'

/** How far the fan-out has pushed posts into the feeds in Redis. */
export interface FanOutWatermark {
  /** Feeds that were filled under another generation may lack posts. */
  generation: string
  /** Milliseconds of the database's clock: every post that was committed before is in every feed to which it belongs. */
  at: number
  /** The snapshot's xmin at `at`: every transaction with a lower id had ended. */
  xmin: number
  /** Run ids of the Redis processes that were pushed to. A process that restarted or failed over may lack the latest posts. */
  runs: string
}

export interface RedisFeed {
  /** Fingerprint of the followings for which the feed was filled: after a follow or an unfollow another feed is needed. */
  followings: string
  /** No post above this id is missing, except those of heavy authors; 0: none at all. */
  completeAboveId: number
  /** The newest, newest first. */
  entries: FeedEntry[]
}

/** Taken before reading; the fill is rejected if the feed changed hands since. */
export interface FillToken {
  memberId: number
  token: string
  generation: string
}

/** Following feeds of members who have read within a week, shared by all processes. Redis may lose any of them. */
export interface RedisFeeds {
  /** Undefined: there is none that can be used. `watermark` was read before: the feed holds everything pushed by then. */
  find(memberId: number, watermark: FanOutWatermark, limit: number): Promise<RedisFeed | undefined>
  /** Undefined while Redis is away or no fan-out has run. */
  startFill(memberId: number): Promise<FillToken | undefined>
  /** Has no effect where the feed was dropped or another fill has started since. */
  fill(token: FillToken, feed: RedisFeed): Promise<void>
  /** Into a feed that exists. Throws while Redis is away. */
  push(memberId: number, entries: readonly FeedEntry[]): Promise<void>
  /** Throws while Redis is away. */
  drop(memberId: number): Promise<void>
  /** As of the last second. Undefined while Redis is away or no fan-out has run. */
  watermark(): Promise<FanOutWatermark | undefined>
  /** The stored watermark, and the run ids of the present Redis processes. Throws while Redis is away. */
  readWatermark(): Promise<{ watermark: FanOutWatermark | undefined; runs: string }>
  /** Throws while Redis is away. */
  storeWatermark(watermark: FanOutWatermark): Promise<void>
}

interface RedisFeedsOptions {
  redis: RedisClient
  log: Parameters<typeof createTryRedis>[0]['log']
  /** For tests: posts in one feed, and the cooldown after a failure of Redis in milliseconds. */
  max?: number
  cooldownMs?: number
}

/** Posts are pushed every five seconds: a query for each reader would return the same watermark. */
const WATERMARK_TTL_MS = 1_000
const WEEK_SECONDS = 7 * 86_400
const FILL_SECONDS = 60
const PREFIX = 'timeline:api:posts:followings_recent_posts:'
const WATERMARK_KEY = `${PREFIX}reach`
const keyOf = (memberId: number) => `${PREFIX}${memberId}`

/** Equal for equal sets of ids. */
export function fingerprintOf(ids: readonly number[]): string {
  const sorted = ids.toSorted((a, b) => a - b)
  return createHash('sha1').update(BigInt64Array.from(sorted, BigInt)).digest('base64')
}

export function createRedisFeeds({
  redis,
  log,
  max = MAX_PAGED_ITEMS,
  cooldownMs,
}: RedisFeedsOptions): RedisFeeds {
  const tryRedis = createTryRedis({
    log,
    consequence: 'following feeds are looked up in the database',
    cooldownMilliseconds: cooldownMs,
  })
  /** `until`: milliseconds of `performance.now()`. */
  let cached: { watermark: FanOutWatermark; until: number } | undefined

  async function readStored(): Promise<FanOutWatermark | undefined> {
    const text = await redis.get(WATERMARK_KEY)
    return text === null ? undefined : watermarkOf(text)
  }

  return {
    async find(memberId, { generation }, limit) {
      const found = await tryRedis(
        async () => toFeed(await redis.run(FIND, keyOf(memberId), [limit, WEEK_SECONDS])),
        undefined,
      )
      if (found?.generation === generation) return found.feed
      // Either a new generation has begun since the watermark was read, or this feed is of an older one.
      if (found !== undefined) cached = undefined
      return undefined
    },

    startFill: (memberId) =>
      tryRedis(async () => {
        const watermark = await readStored()
        if (watermark === undefined) return undefined
        const token = `filling ${randomUUID()}`
        await redis.run(START_FILL, keyOf(memberId), [token, FILL_SECONDS])
        return { memberId, token, generation: watermark.generation }
      }, undefined),

    fill: ({ memberId, token, generation }, { followings, completeAboveId, entries }) =>
      tryRedis(async () => {
        const sentinel = `feed ${generation} ${followings}`
        await redis.run(FILL, keyOf(memberId), [
          token,
          sentinel,
          completeAboveId,
          max,
          WEEK_SECONDS,
          ...entries.flatMap(toArguments),
        ])
      }, undefined),

    async push(memberId, entries) {
      await redis.run(PUSH, keyOf(memberId), [max, ...entries.flatMap(toArguments)])
    },

    drop: (memberId) => redis.delete(keyOf(memberId)),

    async watermark() {
      if (cached !== undefined && performance.now() < cached.until) return cached.watermark
      const readAt = performance.now()
      const watermark = await tryRedis(readStored, undefined)
      cached = watermark && { watermark, until: readAt + WATERMARK_TTL_MS }
      return watermark
    },

    async readWatermark() {
      const [watermark, runs] = await Promise.all([readStored(), redis.runIds()])
      return { watermark, runs: runs.join(' ') }
    },

    storeWatermark: (watermark) =>
      redis.set(WATERMARK_KEY, textOf(watermark), { seconds: WEEK_SECONDS }),
  }
}

// `settled` is the name under which processes of other releases store and read `xmin`.
const textOf = ({ xmin, ...watermark }: FanOutWatermark): string =>
  JSON.stringify({ ...watermark, settled: xmin })

function watermarkOf(text: string): FanOutWatermark {
  const { settled: xmin, ...watermark } = JSON.parse(text)
  return { ...watermark, xmin }
}

const toArguments = ({ postId, authorId }: FeedEntry) => [postId, authorId]

function toFeed(reply: unknown): { generation: string | undefined; feed: RedisFeed } | undefined {
  if (!Array.isArray(reply)) return undefined
  const [sentinel, completeAboveId, members] = reply as [string, string, string[]]
  const [, generation, followings = ''] = sentinel.split(' ')
  const entries = members.map((member) => {
    const colon = member.indexOf(':')
    return { postId: Number(member.slice(0, colon)), authorId: Number(member.slice(colon + 1)) }
  })
  return { generation, feed: { followings, completeAboveId: Number(completeAboveId), entries } }
}
