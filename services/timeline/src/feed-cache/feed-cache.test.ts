import { WriteSignal } from '@dailyfeed/outbox/write-signal'
import {
  deleteFollow,
  insertBlock,
  insertFollow,
  insertMember,
  insertMemberEvent,
  insertMute,
} from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deletePost, insertLike, insertPost, setCounts } from '../content-rows-fixture.ts'
import { histories } from '../histories-fixture.ts'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import type { FeedCache } from './feed-cache.ts'
import { playHistories, readPage } from './feed-histories-fixture.ts'
import { observedFeedCache } from './observed-feed-cache-fixture.ts'
import { MAX_PRELOADED } from './viewers.ts'

const FEED = '/api/timeline/posts/followings'
let timeline: TimelineFixture
let members = 0

beforeAll(async () => {
  timeline = await timelineFixture()
})
afterAll(() => timeline.close())

const newMember = (fields = {}) => insertMember(timeline.sql, `cached${++members}`, fields)

const postsOf = async (cache: FeedCache, viewerId: number) =>
  (await readPage(cache, viewerId)) ?? []
const idsOf = async (cache: FeedCache, viewerId: number) =>
  (await postsOf(cache, viewerId)).map(({ id }) => id)

/** A transaction that is open until `commit`. */
async function openTransaction() {
  const connection = await timeline.sql.reserve()
  await connection`begin`
  return {
    sql: connection,
    async commit() {
      await connection`commit`
      connection.release()
    },
  }
}

test('a cached page sends no query until a writer of the process signals, and then shows the write', async () => {
  const signal = new WriteSignal()
  const { cache, sent, close } = observedFeedCache(timeline, { signal })
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const first = await insertPost(timeline.sql, author)
  signal.increment()
  expect(await idsOf(cache, reader)).toEqual([first])
  // The cache polls once a second all the same: these reads are over sooner, or some are compared again.
  const silentReads = async () => {
    const before = sent('any')
    for (let n = 0; n < 50; n += 1) expect(await idsOf(cache, reader)).toEqual([first])
    return sent('any') - before
  }
  await expect.poll(silentReads, { interval: 1, timeout: 10_000 }).toBe(0)
  const before = sent('any')
  const second = await insertPost(timeline.sql, author)
  signal.increment()
  expect(await idsOf(cache, reader)).toEqual([second, first])
  expect(sent('any')).toBeGreaterThan(before)
  await close()
})

test('a new viewer’s relation to an author of cached posts is queried only where they muted someone', async () => {
  const { cache, sent, close } = observedFeedCache(timeline)
  const [muter, other, author, muted] = [
    await newMember(),
    await newMember(),
    await newMember(),
    await newMember(),
  ]
  for (const reader of [muter, other])
    for (const followed of [author, muted]) await insertFollow(timeline.sql, reader, followed)
  await insertMute(timeline.sql, muter, muted)
  const [liked, hidden, plain] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, muted),
    await insertPost(timeline.sql, author),
  ]
  await insertLike(timeline.sql, liked, other)
  expect((await postsOf(cache, other)).map(({ id, liked }) => [id, liked])).toEqual([
    [plain, false],
    [hidden, false],
    [liked, true],
  ])
  expect(sent('relations')).toBe(0)
  expect(await idsOf(cache, muter)).toEqual([plain, liked])
  expect(sent('relations')).toBe(1)
  await close()
})

test('a viewer over the preload limit of mutes and likes gets the same page as the database', async () => {
  const { sql } = timeline
  const { cache, close } = observedFeedCache(timeline)
  const [reader, author, muted] = [await newMember(), await newMember(), await newMember()]
  for (const followed of [author, muted]) await insertFollow(sql, reader, followed)
  const posts: number[] = []
  for (let n = 0; n < 2 * MAX_PRELOADED; n += 1) posts.unshift(await insertPost(sql, author))
  await insertPost(sql, muted)
  const liked = posts.filter((_, index) => index % 2 === 0).concat(posts.slice(-10))
  await sql`
    insert into content.post_like (post_id, member_id)
    select unnest(${liked}::bigint[]), ${reader} on conflict do nothing`
  for (let n = 0; n < MAX_PRELOADED; n += 1) await insertMute(sql, reader, await newMember())
  await insertMute(sql, reader, muted)
  const page = await readPage(cache, reader, posts.length)
  expect(page?.map(({ id, liked }) => [id, liked])).toEqual(
    posts.map((id) => [id, liked.includes(id)]),
  )
  await close()
})

test('an unsignalled write is visible within about one second', async () => {
  const { cache, close } = observedFeedCache(timeline, { signal: new WriteSignal() })
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  expect(await idsOf(cache, reader)).toEqual([])
  const post = await insertPost(timeline.sql, author)
  await expect.poll(() => idsOf(cache, reader), { timeout: 10_000 }).toEqual([post])
  await close()
})

test('a post made first and committed last, inside a savepoint, is in every read after its commit', async () => {
  const { cache, close } = observedFeedCache(timeline)
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const transaction = await openTransaction()
  await transaction.sql`savepoint inner_one`
  const early = await insertPost(transaction.sql, author)
  await transaction.sql`release savepoint inner_one`
  const late = await insertPost(timeline.sql, author)
  expect(await idsOf(cache, reader)).toEqual([late])
  expect(await idsOf(cache, reader)).toEqual([late])
  await transaction.commit()
  expect(await idsOf(cache, reader)).toEqual([late, early])
  await close()
})

test('a post of a later transaction with a lower id than a merged one is in the next read', async () => {
  const { cache, close } = observedFeedCache(timeline)
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  expect(await idsOf(cache, reader)).toEqual([])
  const earlier = await openTransaction()
  await earlier.sql`select pg_current_xact_id()`
  const later = await openTransaction()
  const low = await insertPost(later.sql, author)
  const high = await insertPost(earlier.sql, author)
  await earlier.commit()
  // The event of this post does not recur: its transaction is older than every open one.
  expect(await idsOf(cache, reader)).toEqual([high])
  expect(await idsOf(cache, reader)).toEqual([high])
  await later.commit()
  expect(await idsOf(cache, reader)).toEqual([high, low])
  await close()
})

test('a poll reads the outboxes only after a commit, and finds transactions that were open before', async () => {
  const { cache, sent, close } = observedFeedCache(timeline)
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const expected: number[] = []
  const outboxesRead = async () => {
    const before = sent('outboxes')
    expect(await idsOf(cache, reader)).toEqual(expected)
    return sent('outboxes') - before
  }
  for (let round = 0; round < 5; round += 1) {
    // Other tests write to the same server: sooner or later a read falls between two of their commits.
    await expect.poll(outboxesRead, { interval: 1, timeout: 10_000 }).toBe(0)
    const transaction = await openTransaction()
    const early = await insertPost(transaction.sql, author)
    for (let n = 0; n < 3; n += 1) await outboxesRead()
    if (round % 2 === 0) {
      expected.unshift(await insertPost(timeline.sql, author))
      expect(await outboxesRead()).toBeGreaterThan(0)
      for (let n = 0; n < 2; n += 1) await outboxesRead()
    }
    await transaction.commit()
    expected.splice(round % 2 === 0 ? 1 : 0, 0, early)
    expect(await outboxesRead()).toBeGreaterThan(0)
    for (let n = 0; n < 2; n += 1) await outboxesRead()
  }
  await close()
})

test('a cached page has the bytes of the ordinary answer, with names, likes and counts of the moment', async () => {
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const ids: number[] = []
  for (const content of [
    '한글과 "따옴표"',
    'emoji 👩‍👩‍👧 \u2028 \\ / \b',
    '<script>&amp;</script>',
    'plain',
  ])
    ids.unshift(await insertPost(timeline.sql, author, { content, title: '제목' }))
  const { body } = await timeline.ask(reader, `${FEED}?size=2`)
  const cached = await timeline.app.inject({
    url: `${FEED}?size=4`,
    headers: { authorization: await timeline.bearerOf(reader) },
  })
  const last = body.data.content.at(-1)
  const single = await timeline.ask(reader, `/api/timeline/posts/${last.id}`)
  expect(JSON.stringify(single.body.data)).toBe(JSON.stringify(last))
  // A list by ids comes from the database, through the response schema.
  const posts = await timeline.ask(reader, '/api/timeline/posts/query/list', { ids })
  const expected = { content: posts.body.data, page: 0, size: 4, hasNext: false, nextCursor: null }
  expect(cached.body).toBe(JSON.stringify({ status: 200, result: 'SUCCESS', data: expected }))
  expect(cached.headers['content-type']).toBe('application/json; charset=utf-8')

  await insertLike(timeline.sql, ids[0] ?? 0, reader)
  await setCounts(timeline.sql, ids[0] ?? 0, { likes: 1 })
  await timeline.sql`update member.member set member_name = '새 이름' where id = ${author}`
  await insertMemberEvent(timeline.sql, 'MEMBER_PROFILE_UPDATE', author)
  const next = await timeline.ask(reader, FEED)
  expect(next.body.data.content[0]).toMatchObject({
    id: ids[0],
    liked: true,
    likeCount: 1,
    authorName: '새 이름',
  })
  await timeline.sql`update member.member set privacy_level = 'PRIVATE' where id = ${author}`
  await insertMemberEvent(timeline.sql, 'MEMBER_PROFILE_UPDATE', author)
  expect((await timeline.ask(reader, FEED)).body.data.content).toEqual([])
})

test('pages of two caches equal the SQL truth of their moment throughout random histories', {
  timeout: histories.timeout,
}, async () => {
  // The smaller cache extends its feeds in the middle of a page, and drops most recent posts.
  const large = observedFeedCache(timeline)
  const small = observedFeedCache(timeline, { first: 2, recent: 4 })
  const { beyond } = await playHistories(
    timeline.sql,
    { cacheFor: (pick) => (pick % 3 === 0 ? small.cache : large.cache) },
    'player',
  )
  expect(beyond).toBe(0)
  await large.close()
  await small.close()
})

/** Readers that read until `stop`, as fast as they can. */
function readersOf(cache: FeedCache, readers: readonly number[]) {
  let isStopped = false
  const reading = readers.map(async (reader) => {
    while (!isStopped) await cache.followingPage(reader, { before: undefined, skip: 0, size: 20 })
  })
  return async () => {
    isStopped = true
    await Promise.all(reading)
  }
}

/** One of three concurrent writers, each of thirty writes. */
async function write(writer: number, cast: readonly number[], posts: number[]): Promise<void> {
  const { sql } = timeline
  for (let n = 0; n < 30; n += 1) {
    const [author, reader] = [cast[3 + ((writer + n) % 3)] as number, cast[n % 3] as number]
    if (n % 5 < 2) posts.push(await insertPost(sql, author))
    else if (n % 5 === 2) await deletePost(sql, posts[n % posts.length] ?? 0)
    else if (n % 5 === 3) await (n % 2 === 0 ? deleteFollow : insertFollow)(sql, reader, author)
    else {
      await sql`update member.member set member_name = ${`name ${writer} ${n}`} where id = ${author}`
      await insertMemberEvent(sql, 'MEMBER_PROFILE_UPDATE', author)
    }
  }
}

test('after many concurrent reads and writes the cache holds nothing that the database contradicts', {
  timeout: 120_000,
}, async () => {
  const { sql } = timeline
  const { cache, close } = observedFeedCache(timeline, { first: 3, recent: 5 })
  for (let round = 0; round < 5; round += 1) {
    const cast = await Promise.all(Array.from({ length: 6 }, () => newMember()))
    const readers = cast.slice(0, 3)
    for (const reader of readers)
      for (const author of cast.slice(3)) await insertFollow(sql, reader, author)
    const posts: number[] = []
    const stop = readersOf(cache, readers)
    await Promise.all([0, 1, 2].map((writer) => write(writer, cast, posts)))
    await stop()
    for (const reader of readers) {
      const truth = await sql<{ id: number; name: string }[]>`
        select post.id, author.member_name as name
        from content.post
        join member.follow on following_id = author_id and follower_id = ${reader}
        join member.public_profile author on author.member_id = author_id
        where deleted_at is null order by post.id desc limit 20`
      const page = await postsOf(cache, reader)
      expect(page.map(({ id, authorName: name }) => ({ id, name }))).toEqual([...truth])
    }
  }
  await close()
})

test('a new block, and the end of a friendship, hide posts in the very next read', async () => {
  const { cache, close } = observedFeedCache(timeline)
  const [reader, author, friend] = [
    await newMember(),
    await newMember(),
    await newMember({ privacyLevel: 'FRIENDS_ONLY' }),
  ]
  for (const followed of [author, friend]) await insertFollow(timeline.sql, reader, followed)
  await insertFollow(timeline.sql, friend, reader)
  const [open, secret] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, friend),
  ]
  expect(await idsOf(cache, reader)).toEqual([secret, open])
  await deleteFollow(timeline.sql, friend, reader)
  expect(await idsOf(cache, reader)).toEqual([open])
  await insertBlock(timeline.sql, author, reader)
  expect(await idsOf(cache, reader)).toEqual([])
  await close()
})

test('a result that a change overtakes on its way is used once and not cached', async () => {
  const { cache, hold, close } = observedFeedCache(timeline)
  const [reader, other, author] = [await newMember(), await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const [stays, goes] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, author),
  ]
  expect(await idsOf(cache, other)).toEqual([])
  const { reached, release } = hold('posts')
  const early = idsOf(cache, reader)
  await reached
  await deletePost(timeline.sql, goes)
  expect(await idsOf(cache, other)).toEqual([])
  release()
  expect(await early).toEqual([goes, stays])
  expect(await idsOf(cache, reader)).toEqual([stays])
  await close()
})

test('a post committed while a feed is extended, within the extension, is not skipped', async () => {
  const { cache, hold, close } = observedFeedCache(timeline, { first: 2, recent: 2 })
  const [reader, author] = [await newMember(), await newMember()]
  await insertFollow(timeline.sql, reader, author)
  const oldest = await insertPost(timeline.sql, author)
  const transaction = await openTransaction()
  const late = await insertPost(transaction.sql, author)
  const newer: number[] = []
  for (let n = 0; n < 3; n += 1) newer.unshift(await insertPost(timeline.sql, author))
  expect(await readPage(cache, reader, 1)).toMatchObject([{ id: newer[0] }])
  const { reached, release } = hold('postsByAuthors')
  const early = readPage(cache, reader, 3)
  await reached
  await transaction.commit()
  // This read receives the post, which lies below everything that is in the feed so far.
  expect(await readPage(cache, reader, 1)).toMatchObject([{ id: newer[0] }])
  release()
  await early
  expect(await idsOf(cache, reader)).toEqual([...newer, late, oldest])
  await close()
})

test('a post that arrives while the newest posts of everybody are loaded is among them', async () => {
  const { cache, hold, close } = observedFeedCache(timeline)
  const [reader, other, author] = [await newMember(), await newMember(), await newMember()]
  for (const follower of [reader, other]) await insertFollow(timeline.sql, follower, author)
  const older = await insertPost(timeline.sql, author)
  const { reached, release } = hold('newestPosts')
  const early = idsOf(cache, reader)
  await reached
  const newer = await insertPost(timeline.sql, author)
  const late = idsOf(cache, other)
  await cache.snapshot()
  release()
  expect(await early).toEqual([newer, older])
  expect(await late).toEqual([newer, older])
  await close()
})
