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
import { histories } from '../histories-fixture.ts'
import { findRemembered, playHistories } from '../memory/feed-histories-fixture.ts'
import { createMemory, type Memory } from '../memory/memory.ts'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { insertPost } from '../timeline-rows.ts'
import {
  type CachedFeed,
  type CachedFeeds,
  createCachedFeeds,
  type Filling,
  type Reach,
} from './cached-feeds.ts'
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
  pool = openPool({ url: timeline.database.urlOf('timeline'), max: 4, name: 'cached-feed-test' })
})
afterAll(async () => {
  await Promise.all([server?.stop(), cluster?.stop()])
  await pool.end({ timeout: 1 })
  await timeline.close()
})

/** Small enough that feeds are trimmed, and authors become heavy, in a short history. */
const SMALL = { first: 1, most: 2, heavyFrom: 2 }

describe.skipIf(isMissing).each([
  ['one Redis', () => server.url],
  ['a Redis Cluster', () => cluster.urls],
] as const)('feeds cached in %s', (name, addresses) => {
  const handles = name.replaceAll(' ', '')
  let redis: RedisClient
  let feeds: CachedFeeds
  let fanOut: FanOut
  beforeAll(async () => {
    redis = openRedis(addresses())
    await vi.waitFor(() => redis.get('anything'))
    // On a busy machine an answer may be late: that is another test.
    feeds = createCachedFeeds({ redis, log, most: SMALL.most, restMilliseconds: 50 })
    fanOut = createFanOut({ sql: pool, feeds, heavyFrom: SMALL.heavyFrom, log })
  })
  afterAll(() => redis.close())

  const newMemory = (cachedFeeds: CachedFeeds): Memory =>
    createMemory({
      reads: createReadDatabase({ primary: pool, log }),
      primary: pool,
      signal: undefined,
      cachedFeeds,
      mergedMilliseconds: 0,
      lifeMilliseconds: 0,
      // Readers come and go faster than feeds are filled otherwise.
      fillingPauseMilliseconds: 0,
      ...SMALL,
    })

  test('whatever happens between reads, and to the cache, every read is what SQL says at its moment', {
    timeout: histories.timeout,
  }, async () => {
    const watched = watch(feeds)
    const lasting = newMemory(watched.feeds)
    const { reads, deeper } = await playHistories(
      timeline.sql,
      {
        // Sometimes of a process that has just begun.
        memory: (pick) => (pick % 6 === 0 ? newMemory(watched.feeds) : lasting),
        members: 4,
        length: 30,
        acts: [
          ...'post post post post follow follow follow unfollow unfollow delete block read read'.split(
            ' ',
          ),
          ...Array(5).fill('fan out'),
          'cache lost',
        ],
        happen: async (act, pick) =>
          void (act === 'fan out'
            ? await fanOut.round()
            : pick % 4 === 0 && (await clearRedis(redis))),
        settled: watched.settled,
      },
      handles,
    )
    const [heavy] = await timeline.sql<
      [{ count: number }]
    >`select count(*) from timeline.heavy_author`
    // A history that never met a cached feed, an author that became heavy, or a trimmed feed would prove nothing.
    expect(watched.counts.used).toBeGreaterThan(reads / 4)
    expect(Math.min(heavy.count, deeper)).toBeGreaterThan(0)
  })

  test('who leaves an author and comes back between two rounds misses nothing that was pushed meanwhile', async () => {
    const memory = newMemory(feeds)
    const [reader, author] = [
      await insertMember(timeline.sql, `${handles}_left`),
      await insertMember(timeline.sql, `${handles}_author`),
    ]
    await fanOut.round()
    await insertFollow(timeline.sql, reader, author)
    await findRemembered(memory, reader)
    await expect.poll(async () => (await findFeed(feeds, reader))?.entries).toEqual([])
    await deleteFollow(timeline.sql, reader, author)
    const missed = await insertPost(timeline.sql, author)
    await fanOut.round()
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    expect((await findRemembered(newMemory(feeds), reader))?.map(({ id }) => id)).toEqual([missed])
  })

  test('who has just followed somebody is given a feed also while an older transaction goes on, for which their act is told again and again', async () => {
    const [reader, author] = [
      await insertMember(timeline.sql, `${handles}_is_told`),
      await insertMember(timeline.sql, `${handles}_is_followed`),
    ]
    await fanOut.round()
    await pool.begin(async (older) => {
      await older`select pg_current_xact_id()`
      await insertFollow(timeline.sql, reader, author)
      await findRemembered(newMemory(feeds), reader)
      await expect.poll(async () => (await findFeed(feeds, reader))?.entries).toEqual([])
    })
  })

  test('whoever follows others between their read and the promise of a feed is given none for those they followed before', async () => {
    const [reader, author] = [
      await insertMember(timeline.sql, `${handles}_leaves`),
      await insertMember(timeline.sql, `${handles}_is_left`),
    ]
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    const promised = Promise.withResolvers<void>()
    const memory = newMemory({
      ...feeds,
      async beginFilling(memberId) {
        if (memberId === reader) await deleteFollow(timeline.sql, reader, author)
        const filling = await feeds.beginFilling(memberId)
        if (memberId === reader) promised.resolve()
        return filling
      },
    })
    await findRemembered(memory, reader)
    await promised.promise
    // Who asks after them is filled after them.
    await findRemembered(memory, author)
    await expect.poll(() => findFeed(feeds, author)).toBeDefined()
    expect(await findFeed(feeds, reader)).toBeUndefined()
  })

  test('what is written and pushed after a reader asked, and before their feed is promised, is in the feed', async () => {
    const [reader, author] = [
      await insertMember(timeline.sql, `${handles}_asks`),
      await insertMember(timeline.sql, `${handles}_writes`),
    ]
    await insertFollow(timeline.sql, reader, author)
    await fanOut.round()
    let written = 0
    const memory = newMemory({
      ...feeds,
      async beginFilling(memberId) {
        if (memberId === reader) {
          written = await insertPost(timeline.sql, author)
          await fanOut.round()
        }
        return feeds.beginFilling(memberId)
      },
    })
    // Has the newest posts of everybody looked up.
    await findRemembered(memory, author)
    await findRemembered(memory, reader)
    await expect.poll(() => findFeed(feeds, reader)).toBeDefined()
    expect((await findFeed(feeds, reader))?.entries).toEqual([{ id: written, author }])
  })

  test('a feed is pushed to, trimmed, and believed only in the generation in which it was begun', async () => {
    const feeds = createCachedFeeds({ redis, log, most: 4 })
    await fanOut.round()
    const reach = (await feeds.reach()) as Reach
    const filling = (await feeds.beginFilling(1)) as Filling
    // Pushed while it is filled, and pushed to somebody who has no feed.
    await feeds.push(1, [{ id: 50, author: 9 }])
    await feeds.push(2, [{ id: 50, author: 9 }])
    const entries = [40, 30].map((id) => ({ id, author: 8 }))
    await feeds.fill(filling, { followings: 'theirs', above: 29, entries })
    expect(await findFeed(feeds, 1)).toEqual({
      followings: 'theirs',
      above: 29,
      entries: [{ id: 50, author: 9 }, ...entries],
    })
    expect(await findFeed(feeds, 2)).toBeUndefined()
    // Below its foot there would be a hole; beyond its length the foot rises.
    await feeds.push(
      1,
      [20, 60, 70].map((id) => ({ id, author: 9 })),
    )
    expect(await findFeed(feeds, 1)).toMatchObject({
      above: 39,
      entries: [70, 60, 50, 40].map((id) => ({ id })),
    })
    expect((await findFeed(feeds, 1, 2))?.entries.map(({ id }) => id)).toEqual([70, 60])
    // A filling that somebody else has replaced, or that was dropped, does nothing.
    await feeds.fill(filling, { followings: 'theirs', above: 0, entries })
    expect((await findFeed(feeds, 1))?.above).toBe(39)
    await feeds.keepReach({ ...reach, generation: 'another' })
    expect(await findFeed(feeds, 1)).toBeUndefined()
    await feeds.drop(1)
    await feeds.keepReach(reach)
    expect(await findFeed(feeds, 1)).toBeUndefined()
  })

  test('after a Redis was started anew nothing that it was pushed before is believed', async () => {
    const [before, another] = [await fanOut.round(), await fanOut.round()]
    expect(another?.generation).toBe(before?.generation)
    await feeds.keepReach({ ...(before as Reach), runs: 'of a process that is no more' })
    expect((await fanOut.round())?.generation).not.toBe(before?.generation)
  })
})

test.skipIf(isMissing)(
  'while Redis is away feeds come from the database, and nobody waits long',
  async () => {
    const own = await startTestRedis()
    const redis = openRedis(own.url)
    try {
      await vi.waitFor(() => redis.get('anything'))
      const feeds = createCachedFeeds({ redis, log })
      await createFanOut({ sql: pool, feeds, heavyFrom: 10, log }).round()
      const memory = createMemory({
        reads: createReadDatabase({ primary: pool, log }),
        primary: pool,
        signal: undefined,
        cachedFeeds: feeds,
      })
      const author = await insertMember(timeline.sql, 'away_author')
      const post = await insertPost(timeline.sql, author)
      for (const fault of ['pause', 'kill'] as const) {
        await own.server[fault]()
        const reader = await insertMember(timeline.sql, `away_${fault}`)
        await insertFollow(timeline.sql, reader, author)
        const startedAt = performance.now()
        expect((await findRemembered(memory, reader))?.map(({ id }) => id)).toEqual([post])
        expect(performance.now() - startedAt).toBeLessThan(2_000)
      }
    } finally {
      await redis.close()
      await own.stop()
    }
  },
)

/** By how far posts have been pushed at this moment. */
async function findFeed(
  feeds: CachedFeeds,
  memberId: number,
  most = 10,
): Promise<CachedFeed | undefined> {
  const { reach } = await feeds.findReach()
  return reach && feeds.find(memberId, reach, most)
}

/** How often a cached feed was there, and was gone by. */
function watch(feeds: CachedFeeds): {
  feeds: CachedFeeds
  counts: { used: number }
  settled(): Promise<void>
} {
  const counts = { used: 0 }
  const found = new Set<number>()
  let filling: Promise<void>[] = []
  return {
    counts,
    feeds: {
      ...feeds,
      async find(memberId, reach, most) {
        const feed = await feeds.find(memberId, reach, most)
        if (feed !== undefined) {
          counts.used += 1
          found.add(memberId)
        }
        return feed
      },
      beginFilling(memberId) {
        if (found.delete(memberId)) counts.used -= 1
        return feeds.beginFilling(memberId)
      },
      fill(promise, feed) {
        const ended = feeds.fill(promise, feed)
        filling.push(ended)
        return ended
      },
    },
    async settled() {
      await Promise.all(filling)
      filling = []
    },
  }
}
