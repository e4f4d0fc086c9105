import { createHash, randomUUID } from 'node:crypto'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { createTryRedis } from '@dailyfeed/redis-support/try-redis'
import { MAX_PAGED_ITEMS } from '../feed/feed.ts'
import { BEGIN_FILLING, FILL, FIND, PUSH } from './cached-feed.scripts.ts'

export interface CachedEntry {
  id: number
  author: number
}

/** How far posts have been pushed. */
export interface Reach {
  /** Feeds that were begun under another one may lack posts. */
  generation: string
  /** Every post that was committed before this moment is in every cached feed to which it belongs. Milliseconds of the database's clock. */
  at: number
  /** Every transaction with a lower id had ended by then. */
  settled: number
  /** Of the Redis processes that were pushed to: one that was started anew, or took another's place, may lack what was pushed last. */
  runs: string
}

export interface CachedFeed {
  /** Of those whom the member followed when it was filled: who follows others now has another feed. */
  followings: string
  /** Nothing above this id is missing, but the posts of heavy authors; 0: nothing at all. */
  above: number
  /** The newest, newest first. */
  entries: CachedEntry[]
}

/** A promise to fill: what is then read from the database is newer than it. */
export interface Filling {
  memberId: number
  token: string
  generation: string
}

/** Feeds of members who have read within a week, shared by all processes. Whatever Redis loses, the database still says. */
export interface CachedFeeds {
  /** Undefined where there is none to go by. `reach` was known before: what is read later holds all that was pushed by then. */
  find(memberId: number, reach: Reach, most: number): Promise<CachedFeed | undefined>
  /** Undefined while Redis is away or nobody pushes. */
  beginFilling(memberId: number): Promise<Filling | undefined>
  /** Does nothing where the feed was dropped meanwhile, or somebody else began. */
  fill(filling: Filling, feed: CachedFeed): Promise<void>
  /** Into feeds that are there. Throws while Redis is away. */
  push(memberId: number, entries: readonly CachedEntry[]): Promise<void>
  /** Throws while Redis is away. */
  drop(memberId: number): Promise<void>
  /** As it was within the last second. Undefined while Redis is away or nobody pushes. */
  reach(): Promise<Reach | undefined>
  /** As it was kept last, and the Redis processes of now. Throws while Redis is away. */
  findReach(): Promise<{ reach: Reach | undefined; runs: string }>
  /** Throws while Redis is away. */
  keepReach(reach: Reach): Promise<void>
}

interface CachedFeedsOptions {
  redis: RedisClient
  log: Parameters<typeof createTryRedis>[0]['log']
  /** For tests: posts of one feed, and how long Redis is left in peace after a failure. */
  most?: number
  restMilliseconds?: number
}

/** Posts are pushed every five seconds: a question for each reader would be answered alike. */
const REACH_MILLISECONDS = 1_000
const WEEK_SECONDS = 7 * 86_400
const FILLING_SECONDS = 60
const PREFIX = 'timeline:api:posts:followings_recent_posts:'
const REACH_KEY = `${PREFIX}reach`
const keyOf = (memberId: number) => `${PREFIX}${memberId}`

/** Of a set of ids: equal where they are. */
export function fingerprintOf(ids: readonly number[]): string {
  const sorted = ids.toSorted((a, b) => a - b)
  return createHash('sha1').update(BigInt64Array.from(sorted, BigInt)).digest('base64')
}

export function createCachedFeeds({
  redis,
  log,
  most = MAX_PAGED_ITEMS,
  restMilliseconds,
}: CachedFeedsOptions): CachedFeeds {
  const tryRedis = createTryRedis({
    log,
    consequence: 'following feeds are looked up in the database',
    cooldownMilliseconds: restMilliseconds,
  })
  /** `until`: of `performance.now()`, in milliseconds. */
  let known: { reach: Reach; until: number } | undefined

  async function readReach(): Promise<Reach | undefined> {
    const text = await redis.get(REACH_KEY)
    return text === null ? undefined : JSON.parse(text)
  }

  return {
    async find(memberId, { generation }, limit) {
      const found = await tryRedis(
        async () => feedOf(await redis.run(FIND, keyOf(memberId), [limit, WEEK_SECONDS])),
        undefined,
      )
      if (found?.generation === generation) return found.feed
      // Another generation has begun meanwhile, or this feed is of an older one.
      if (found !== undefined) known = undefined
      return undefined
    },

    beginFilling: (memberId) =>
      tryRedis(async () => {
        const reach = await readReach()
        if (reach === undefined) return undefined
        const token = `filling ${randomUUID()}`
        await redis.run(BEGIN_FILLING, keyOf(memberId), [token, FILLING_SECONDS])
        return { memberId, token, generation: reach.generation }
      }, undefined),

    fill: ({ memberId, token, generation }, { followings, above, entries }) =>
      tryRedis(async () => {
        const posts = entries.flatMap(({ id, author }) => [id, author])
        await redis.run(FILL, keyOf(memberId), [
          token,
          `feed ${generation} ${followings}`,
          above,
          most,
          WEEK_SECONDS,
          ...posts,
        ])
      }, undefined),

    async push(memberId, entries) {
      await redis.run(PUSH, keyOf(memberId), [
        most,
        ...entries.flatMap(({ id, author }) => [id, author]),
      ])
    },

    drop: (memberId) => redis.delete(keyOf(memberId)),

    async reach() {
      if (known !== undefined && performance.now() < known.until) return known.reach
      const askedAt = performance.now()
      const reach = await tryRedis(readReach, undefined)
      known = reach && { reach, until: askedAt + REACH_MILLISECONDS }
      return reach
    },

    async findReach() {
      const [reach, runs] = await Promise.all([readReach(), redis.runIds()])
      return { reach, runs: runs.join(' ') }
    },

    keepReach: (reach) => redis.set(REACH_KEY, JSON.stringify(reach), { seconds: WEEK_SECONDS }),
  }
}

function feedOf(answer: unknown): { generation: string | undefined; feed: CachedFeed } | undefined {
  if (!Array.isArray(answer)) return undefined
  const [foot, above, members] = answer as [string, string, string[]]
  const [, generation, followings = ''] = foot.split(' ')
  const entries = members.map((member) => {
    const colon = member.indexOf(':')
    return { id: Number(member.slice(0, colon)), author: Number(member.slice(colon + 1)) }
  })
  return { generation, feed: { followings, above: Number(above), entries } }
}
