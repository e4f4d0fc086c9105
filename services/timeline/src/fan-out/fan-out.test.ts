import { openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { deleteFollow, insertFollow, insertMember } from '@dailyfeed/tests/members'
import {
  clearRedis,
  redisIsMissing,
  startTestRedis,
  startTestRedisCluster,
  type TestRedis,
  type TestRedisCluster,
} from '@dailyfeed/tests/redis'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { insertPost } from '../content-rows-fixture.ts'
import { createFeedCache, type FeedCache } from '../feed-cache/feed-cache.ts'
import { playHistories, readPage } from '../feed-cache/feed-histories-fixture.ts'
import {
  createRedisFeeds,
  type FanOutWatermark,
  type FillToken,
  type RedisFeed,
  type RedisFeeds,
} from '../feed-cache/redis-feeds.ts'
import { histories } from '../histories-fixture.ts'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { createFanOut, type FanOut } from './fan-out.ts'

const isMissing = await redisIsMissing()
const log = { warn() {}, info() {} }
let server: TestRedis
let cluster: TestRedisCluster
let timeline: TimelineFixture
let pool: Sql

beforeAll(async () => {
  if (!isMissing) [server, cluster] = await Promise.all([startTestRedis(), startTestRedisCluster()])
  timeline = await timelineFixture()
  pool = openPool({ url: timeline.database.urlOf('timeline'), max: 4, name: 'fan-out-test' })
})
afterAll(async () => {
  await Promise.all([server?.stop(), cluster?.stop()])
  await pool.end({ timeout: 1 })
  await timeline.close()
})

/** Small enough that feeds are trimmed, and authors become heavy, in a short history. */
const SMALL = { first: 1, max: 2, heavyFrom: 2 }

describe.skipIf(isMissing).each([
  ['one Redis', () => server.url],
  ['a Redis Cluster', () => cluster.urls],
] as const)('feeds in %s', (name, addresses) => {
  const handles = name.replaceAll(' ', '')
  let redis: RedisClient
  let feeds: RedisFeeds
  let fanOut: FanOut
  beforeAll(async () => {
    redis = openRedis(addresses())
    await vi.waitFor(() => redis.get('anything'))
    // On a busy machine a reply may be late; the cooldown that follows is the subject of another test.
    feeds = createRedisFeeds({ redis, log, max: SMALL.max, cooldownMs: 50 })
    fanOut = createFanOut({ sql: pool, feeds, heavyFrom: SMALL.heavyFrom, log })
  })
  afterAll(() => redis.close())

  const newMember = (handle: string) => insertMember(timeline.sql, `${handles}_${handle}`)

  /** The cache of a process that has just started. Its feeds expire at once, so that reads come to Redis. */
  const newCache = (redisFeeds: RedisFeeds): FeedCache =>
    createFeedCache({
      reads: createReadDatabase({ primary: pool, log }),
      primary: pool,
      signal: undefined,
      redisFeeds,
      mergedMs: 0,
      ttlMs: 1,
      // Backfills with their usual pause would be slower than the reads of a history.
      backfillPause: 0,
      ...SMALL,
    })

  test('pages equal the SQL truth throughout random histories in which Redis loses feeds', {
    timeout: histories.timeout,
  }, async () => {
    const watched = watch(feeds)
    const lasting = newCache(watched.feeds)
    const { compared, beyond } = await playHistories(
      timeline.sql,
      {
        cacheFor: (pick) => (pick % 6 === 0 ? newCache(watched.feeds) : lasting),
        members: 4,
        length: 30,
        actions: [
          ...'post post post post follow follow follow unfollow unfollow delete block read read'.split(
            ' ',
          ),
          ...Array(5).fill('fan out'),
          'redis lost',
        ],
        perform: async (action, pick) =>
          void (action === 'fan out'
            ? await fanOut.round()
            : pick % 4 === 0 && (await clearRedis(redis))),
        settled: watched.settled,
      },
      handles,
    )
    const [heavy] = await timeline.sql<
      [{ count: number }]
    >`select count(*) from timeline.heavy_author`
    // Histories without a feed from Redis, a heavy author, or a trimmed feed would prove nothing.
    expect(watched.counts.used).toBeGreaterThan(compared / 4)
    expect(Math.min(heavy.count, beyond)).toBeGreaterThan(0)
  })

  test('a reader who unfollows and refollows between two rounds gets the posts pushed meanwhile', async () => {
    const cache = newCache(feeds)
    const [reader, author] = [await newMember('returns'), await newMember('author')]
    await fanOut.round()
    await insertFollow(timeline.sql, reader, author)
    await readPage(cache, reader)
    await expect.poll(async () => (await findFeed(feeds, reader))?.entries).toEqual([])
    await deleteFollow(timeline.sql, reader, author)
    const missed = await insertPost(timeline.sql, author)
    await fanOut.round()
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    expect((await readPage(newCache(feeds), reader))?.map(({ id }) => id)).toEqual([missed])
  })

  test('a new follower’s feed is filled while an older transaction makes the follow event recur', async () => {
    const [reader, author] = [await newMember('recurs'), await newMember('is_followed')]
    await fanOut.round()
    await pool.begin(async (older) => {
      await older`select pg_current_xact_id()`
      await insertFollow(timeline.sql, reader, author)
      await readPage(newCache(feeds), reader)
      await expect.poll(async () => (await findFeed(feeds, reader))?.entries).toEqual([])
    })
  })

  test('no feed is stored when its followings change between the read and the start of the fill', async () => {
    const [reader, author] = [await newMember('leaves'), await newMember('is_left')]
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    const started = Promise.withResolvers<void>()
    const cache = newCache({
      ...feeds,
      async startFill(memberId) {
        if (memberId === reader) await deleteFollow(timeline.sql, reader, author)
        const token = await feeds.startFill(memberId)
        if (memberId === reader) started.resolve()
        return token
      },
    })
    await readPage(cache, reader)
    await started.promise
    // Backfills run in the order of the reads.
    await readPage(cache, author)
    await expect.poll(() => findFeed(feeds, author)).toBeDefined()
    expect(await findFeed(feeds, reader)).toBeUndefined()
  })

  test('a post that is pushed between a read and the start of the fill is in the filled feed', async () => {
    const [reader, author] = [await newMember('reads'), await newMember('writes')]
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    let written = 0
    const cache = newCache({
      ...feeds,
      async startFill(memberId) {
        if (memberId === reader) {
          written = await insertPost(timeline.sql, author)
          await fanOut.round()
        }
        return feeds.startFill(memberId)
      },
    })
    // Loads the newest posts of everybody.
    await readPage(cache, author)
    await readPage(cache, reader)
    await expect.poll(() => findFeed(feeds, reader)).toBeDefined()
    expect((await findFeed(feeds, reader))?.entries).toEqual([
      { postId: written, authorId: author },
    ])
  })

  test('a feed is pushed to, trimmed, and used only in the generation in which it was filled', async () => {
    const feeds = createRedisFeeds({ redis, log, max: 4 })
    await fanOut.round()
    const watermark = (await feeds.watermark()) as FanOutWatermark
    const token = (await feeds.startFill(1)) as FillToken
    const entriesOf = (authorId: number, ids: number[]) =>
      ids.map((postId) => ({ postId, authorId }))
    // The first is pushed during a fill, the second to a member without a feed.
    await feeds.push(1, entriesOf(9, [50]))
    await feeds.push(2, entriesOf(9, [50]))
    const entries = entriesOf(8, [40, 30])
    await feeds.fill(token, { followings: 'theirs', completeAboveId: 29, entries })
    expect(await findFeed(feeds, 1)).toEqual({
      followings: 'theirs',
      completeAboveId: 29,
      entries: [...entriesOf(9, [50]), ...entries],
    })
    expect(await findFeed(feeds, 2)).toBeUndefined()
    // A post below the sentinel would leave a hole; beyond the maximum length the sentinel rises.
    await feeds.push(1, entriesOf(9, [20, 60, 70]))
    expect(await findFeed(feeds, 1)).toMatchObject({
      completeAboveId: 39,
      entries: [70, 60, 50, 40].map((postId) => ({ postId })),
    })
    expect((await findFeed(feeds, 1, 2))?.entries.map(({ postId }) => postId)).toEqual([70, 60])
    // A fill that another one has replaced, or whose feed was dropped, has no effect.
    await feeds.fill(token, { followings: 'theirs', completeAboveId: 0, entries })
    expect((await findFeed(feeds, 1))?.completeAboveId).toBe(39)
    await feeds.storeWatermark({ ...watermark, generation: 'another' })
    expect(await findFeed(feeds, 1)).toBeUndefined()
    await feeds.drop(1)
    await feeds.storeWatermark(watermark)
    expect(await findFeed(feeds, 1)).toBeUndefined()
  })

  test('a restarted Redis process begins a new generation', async () => {
    const [before, another] = [await fanOut.round(), await fanOut.round()]
    expect(another?.generation).toBe(before?.generation)
    await feeds.storeWatermark({ ...(before as FanOutWatermark), runs: 'of an earlier process' })
    expect((await fanOut.round())?.generation).not.toBe(before?.generation)
  })
})

test.skipIf(isMissing)(
  'while Redis hangs or is down, feeds come from the database',
  { timeout: 60_000 },
  async () => {
    const own = await startTestRedis()
    const redis = openRedis(own.url)
    try {
      await vi.waitFor(() => redis.get('anything'))
      const feeds = createRedisFeeds({ redis, log })
      await createFanOut({ sql: pool, feeds, heavyFrom: 10, log }).round()
      const cache = createFeedCache({
        reads: createReadDatabase({ primary: pool, log }),
        primary: pool,
        signal: undefined,
        redisFeeds: feeds,
      })
      const author = await insertMember(timeline.sql, 'away_author')
      const post = await insertPost(timeline.sql, author)
      for (const fault of ['pause', 'kill'] as const) {
        await own.server[fault]()
        const reader = await insertMember(timeline.sql, `away_${fault}`)
        await insertFollow(timeline.sql, reader, author)
        expect((await readPage(cache, reader))?.map(({ id }) => id)).toEqual([post])
      }
    } finally {
      await redis.close()
      await own.stop()
    }
  },
)

/** Under the watermark that is stored now. */
async function findFeed(
  feeds: RedisFeeds,
  memberId: number,
  limit = 10,
): Promise<RedisFeed | undefined> {
  const { watermark } = await feeds.readWatermark()
  return watermark && feeds.find(memberId, watermark, limit)
}

/** Counts the feeds that were found in Redis and used. */
function watch(feeds: RedisFeeds): {
  feeds: RedisFeeds
  counts: { used: number }
  settled(): Promise<void>
} {
  const counts = { used: 0 }
  const found = new Set<number>()
  let fills: Promise<void>[] = []
  return {
    counts,
    feeds: {
      ...feeds,
      async find(memberId, watermark, limit) {
        const feed = await feeds.find(memberId, watermark, limit)
        if (feed !== undefined) {
          counts.used += 1
          found.add(memberId)
        }
        return feed
      },
      startFill(memberId) {
        if (found.delete(memberId)) counts.used -= 1
        return feeds.startFill(memberId)
      },
      fill(token, feed) {
        const filled = feeds.fill(token, feed)
        fills.push(filled)
        return filled
      },
    },
    async settled() {
      await Promise.all(fills)
      fills = []
    },
  }
}
