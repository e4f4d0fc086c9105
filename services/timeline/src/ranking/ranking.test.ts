import { insertBlock, insertFollow, insertMember, insertMute } from '@dailyfeed/tests/members'
import fc from 'fast-check'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import {
  deletePost,
  insertLike,
  insertPost,
  insertWriteEvent,
  setCounts,
} from '../content-rows-fixture.ts'
import { RANKING_WINDOWS, RANKINGS } from './ranking.ts'
import { rankPosts } from './ranking.queries.ts'

const POPULAR = '/api/timeline/posts/most-popular'
const COMMENTED = '/api/timeline/posts/most-commented'
const RECENT = '/api/timeline/posts/recent-activities'
let timeline: TimelineFixture | undefined
let reader: number
let author: number

beforeEach(async () => {
  await timeline?.close()
  timeline = await timelineFixture()
  reader = await insertMember(timeline.sql, 'reader')
  author = await insertMember(timeline.sql, 'author')
})
afterAll(() => timeline?.close())

const fixture = (): TimelineFixture => {
  if (timeline === undefined) throw new Error('no fixture')
  return timeline
}
const ask = (url: string, memberId = reader) => fixture().ask(memberId, url)
const idsOf = ({ body }: { body: { data: { content: { id: number }[] } } }) =>
  body.data.content.map(({ id }) => id)
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

test('most-popular ranks by views plus twice the likes, then by newest, and posts without any last', async () => {
  const { sql } = fixture()
  const [none, views5, likes3, alsoSix, zeros, newest] = [
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, author),
  ]
  await setCounts(sql, views5, { views: 5 })
  await setCounts(sql, likes3, { likes: 3 })
  await setCounts(sql, alsoSix, { views: 4, likes: 1 })
  await setCounts(sql, zeros, {})
  expect(idsOf(await ask(POPULAR))).toEqual([alsoSix, likes3, views5, newest, zeros, none])
})

test('most-commented ranks by live comments, then the newest', async () => {
  const { sql } = fixture()
  const [one, two, none] = [
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, author),
  ]
  await setCounts(sql, one, { comments: 1, likes: 90 })
  await setCounts(sql, two, { comments: 2 })
  expect(idsOf(await ask(COMMENTED))).toEqual([two, one, none])
})

test('recent-activities ranks by the latest of post and comment time', async () => {
  const { sql } = fixture()
  const old = await insertPost(sql, author, { createdAt: minutesAgo(90) })
  const middle = await insertPost(sql, author, { createdAt: minutesAgo(60) })
  const young = await insertPost(sql, author, { createdAt: minutesAgo(30) })
  await setCounts(sql, old, { comments: 1, commentedAt: minutesAgo(5) })
  await setCounts(sql, young, { likes: 4 })
  expect(idsOf(await ask(RECENT))).toEqual([old, young, middle])
})

test.each([POPULAR, COMMENTED, RECENT])(
  '%s takes window=1h|1d|7d|all and ranks only posts created within it',
  async (url) => {
    const { sql } = fixture()
    const ages = { month: 43_200, days: 4_000, hours: 300, minutes: 10 }
    const posts = Object.fromEntries(
      await Promise.all(
        Object.entries(ages).map(async ([name, age]) => [
          name,
          await insertPost(sql, author, { createdAt: minutesAgo(age) }),
        ]),
      ),
    )
    for (const [index, id] of Object.values<number>(posts).entries())
      await setCounts(sql, id, {
        views: 9 - index,
        comments: 9 - index,
        commentedAt: minutesAgo(index),
      })
    const { month, days, hours, minutes } = posts
    expect(idsOf(await ask(`${url}?window=1h`))).toEqual([minutes])
    expect(idsOf(await ask(`${url}?window=1d`))).toEqual([hours, minutes])
    expect(idsOf(await ask(`${url}?window=7d`))).toEqual([days, hours, minutes])
    expect(idsOf(await ask(`${url}?window=all`))).toEqual([month, days, hours, minutes])
    expect(idsOf(await ask(url))).toEqual([month, days, hours, minutes])
    expect((await ask(`${url}?window=2h`)).status).toBe(400)
  },
)

test('a page of a ranking is full without deleted posts and posts of hidden or muted authors', async () => {
  const { sql } = fixture()
  const [blocker, muted, secret] = [
    await insertMember(sql, 'blocker'),
    await insertMember(sql, 'muted'),
    await insertMember(sql, 'secret', { privacyLevel: 'PRIVATE' }),
  ]
  await insertBlock(sql, blocker, reader)
  await insertMute(sql, reader, muted)
  const shown: number[] = []
  for (let round = 0; round < 6; round += 1) {
    for (const hidden of [blocker, muted, secret])
      await setCounts(sql, await insertPost(sql, hidden), { views: 1_000 - round })
    shown.push(await insertPost(sql, author))
    await setCounts(sql, shown.at(-1) ?? 0, { views: 500 - round })
  }
  const page = await ask(`${POPULAR}?size=4`)
  expect(idsOf(page)).toEqual(shown.slice(0, 4))
  await deletePost(sql, shown[0] ?? 0)
  await deletePost(sql, shown[5] ?? 0)
  expect(idsOf(await ask(`${POPULAR}?size=4`))).toEqual(shown.slice(1, 5))
  expect(idsOf(await ask(`${POPULAR}?size=2&page=1`))).toEqual(shown.slice(3, 5))
})

test('pages of a ranking neither repeat nor skip posts while scores move, and show live counts', {
  timeout: 60_000,
}, async () => {
  const { sql } = fixture()
  const posts: number[] = []
  for (let n = 0; n < 30; n += 1) posts.push(await insertPost(sql, author))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(29), fc.nat(100)), { minLength: 10, maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (moves, size) => {
        await insertWriteEvent(sql, 'LIKE_POST', reader, posts[0] ?? 0)
        const seen: number[] = []
        let cursor = ''
        for (;;) {
          const { body } = await ask(`${POPULAR}?size=${size}${cursor}`)
          seen.push(...idsOf({ body }))
          for (const { id, viewCount } of body.data.content) {
            const [counter] =
              await sql`select view_count from content.post_counter where post_id = ${id}`
            expect(viewCount).toBe(counter?.['view_count'] ?? 0)
          }
          for (const [index, views] of moves.splice(0, 3))
            await setCounts(sql, posts[index] ?? 0, { views })
          if (body.data.nextCursor === null) break
          cursor = `&cursor=${body.data.nextCursor}`
        }
        expect(seen.toSorted((a, b) => a - b)).toEqual(posts)
      },
    ),
    { numRuns: 15 },
  )
})

test('another instance continues by cursor; a cursor whose snapshot has expired is 400', async () => {
  const { sql } = fixture()
  for (let n = 0; n < 5; n += 1) await setCounts(sql, await insertPost(sql, author), { views: n })
  const first = await ask(`${POPULAR}?size=2`)
  const url = `${POPULAR}?size=2&cursor=${first.body.data.nextCursor}`
  const another = await fixture().another()
  const third = await fixture().another()
  try {
    const next = await another.ask(reader, url)
    expect(next.status).toBe(200)
    expect(new Set([...idsOf(first), ...idsOf(next)]).size).toBe(4)
    expect((await another.ask(author, url)).status).toBe(400)
    expect((await another.ask(reader, url.replace('most-popular', 'most-commented'))).status).toBe(
      400,
    )
    expect((await another.ask(reader, `${url}&window=1d`)).status).toBe(400)
    await sql`update timeline.ranking_snapshot set taken_at = now() - interval '1 hour'`
    const expired = await third.ask(reader, url)
    expect([expired.status, expired.body.code, expired.body.errors[0].field]).toEqual([
      400,
      'VALIDATION_FAILED',
      'cursor',
    ])
  } finally {
    await another.close()
    await third.close()
  }
})

test('a member’s own post, like and comment are in every ranking at their very next read', async () => {
  const { sql } = fixture()
  const old = await insertPost(sql, author, { createdAt: minutesAgo(2) })
  const liked = await insertPost(sql, author, { createdAt: minutesAgo(3) })
  // The arranged rows must not count as writes of a moment ago.
  await sql`delete from content.outbox`
  for (const url of [POPULAR, COMMENTED, RECENT]) await ask(url)
  const mine = await insertPost(sql, reader)
  for (const url of [POPULAR, COMMENTED, RECENT])
    expect(idsOf(await ask(url))).toEqual([mine, old, liked])
  await insertLike(sql, liked, reader)
  await setCounts(sql, liked, { likes: 1, comments: 1, commentedAt: new Date() })
  await insertWriteEvent(sql, 'LIKE_POST', reader, liked)
  for (const url of [POPULAR, COMMENTED, RECENT])
    expect(idsOf(await ask(url))).toEqual([liked, mine, old])
  expect((await ask(POPULAR)).body.data.content[0]).toMatchObject({
    id: liked,
    liked: true,
    likeCount: 1,
  })
})

test('an unchanged order is stored once, however often it is asked for', async () => {
  const { sql } = fixture()
  await insertPost(sql, reader)
  for (let n = 0; n < 5; n += 1) await ask(POPULAR)
  const [stored] = await sql`select count(*)::int as snapshots from timeline.ranking_snapshot`
  expect(stored).toEqual({ snapshots: 1 })
})

test('a ranking ends at the thousandth post, and by page after 800', async () => {
  const { sql } = fixture()
  await sql`insert into content.post (author_id, content) select ${author}, 'x' from generate_series(1, 1100)`
  const ids = await fixture().readAll(reader, POPULAR, 100)
  expect(new Set(ids).size).toBe(1_000)
  expect((await ask(`${POPULAR}?page=7&size=100`)).body.data).toMatchObject({ hasNext: false })
  expect((await ask(`${POPULAR}?page=8&size=100`)).body.data).toMatchObject({
    content: [],
    hasNext: false,
    nextCursor: null,
  })
})

test('every ranking and window equals the SQL truth, in sparse and in dense windows', {
  timeout: 60_000,
}, async () => {
  const { sql } = fixture()
  await sql`
    insert into content.post (author_id, content, created_at, deleted_at)
    select ${author}, 'x', now() - n * interval '8 seconds', case when n % 17 = 0 then now() end from generate_series(60000, 1, -1) n`
  await sql`
    insert into content.post_counter (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select id, created_at, (id * 7919) % 1009, (id * 104729) % 13, (id * 1299709) % 101, case when id % 3 = 0 then least(now(), created_at + (id % 1000) * interval '1 minute') end
    from content.post where id % 5 <> 0`
  await sql`analyze content.post, content.post_counter`
  const spans = { '1h': '1 hour', '1d': '1 day', '7d': '7 days', all: '100 years' }
  for (const window of RANKING_WINDOWS) {
    const posts = sql`
      select post.id, coalesce(view_count + 2 * like_count, 0) as popularity, coalesce(comment_count, 0) as comments, greatest(created_at, last_commented_at) as active_at
      from content.post left join content.post_counter on post_id = post.id
      where deleted_at is null and created_at >= now() - ${spans[window]}::interval`
    const truth = {
      'most-popular':
        await sql`select popularity as value from (${posts}) as post order by 1 desc limit 1000`,
      'most-commented':
        await sql`select comments as value from (${posts}) as post order by 1 desc limit 1000`,
      'recent-activities':
        await sql`select active_at as value from (${posts}) as post order by 1 desc limit 1000`,
    }
    for (const ranking of RANKINGS) {
      const { ids } = await rankPosts(sql, ranking, window)
      const column = {
        'most-popular': sql`popularity`,
        'most-commented': sql`comments`,
        'recent-activities': sql`active_at`,
      }[ranking]
      const values =
        await sql`select ${column} as value from (${posts}) as post join unnest(${ids}::bigint[]) with ordinality as ranked(id, place) using (id) order by place`
      // At the window's edge a post may leave between the two statements.
      const shown = values.map(({ value }) => Number(value))
      const wanted = truth[ranking].map(({ value }) => Number(value))
      expect(new Set(ids).size).toBe(ids.length)
      expect([ranking, window, Math.abs(shown.length - wanted.length) <= 2]).toEqual([
        ranking,
        window,
        true,
      ])
      if (wanted.length === 1_000) expect(shown).toEqual(wanted)
      else expect(shown).toEqual(shown.toSorted((a, b) => b - a))
    }
  }
})

test('scope=followings ranks posts of followed members from the moment of the follow', async () => {
  const { sql } = fixture()
  const [friend, stranger] = [
    await insertMember(sql, 'friend'),
    await insertMember(sql, 'stranger'),
  ]
  const [low, high, foreign] = [
    await insertPost(sql, friend),
    await insertPost(sql, friend),
    await insertPost(sql, stranger),
  ]
  await setCounts(sql, low, { likes: 1, comments: 9 })
  await setCounts(sql, high, { likes: 2, comments: 1 })
  await setCounts(sql, foreign, { likes: 99, comments: 99 })
  expect(idsOf(await ask(`${POPULAR}?scope=followings`))).toEqual([])
  await insertFollow(sql, reader, friend)
  expect(idsOf(await ask(`${POPULAR}?scope=followings`))).toEqual([high, low])
  expect(idsOf(await ask(`${COMMENTED}?scope=followings`))).toEqual([low, high])
  expect(idsOf(await ask(`${RECENT}?scope=followings`))).toEqual([high, low])
  expect(idsOf(await ask(`${POPULAR}?scope=followings`, stranger))).toEqual([])
  expect(idsOf(await ask(POPULAR))).toEqual([foreign, high, low])
  await insertMute(sql, reader, friend)
  expect(idsOf(await ask(`${POPULAR}?scope=followings`))).toEqual([])
  expect((await ask(`${POPULAR}?scope=friends`)).status).toBe(400)
})

test('pages of a followings ranking neither repeat nor skip while scores move and posts are written', async () => {
  const { sql } = fixture()
  await insertFollow(sql, reader, author)
  const ids: number[] = []
  for (let n = 0; n < 25; n += 1) ids.push(await insertPost(sql, author))
  for (const [n, id] of ids.entries()) await setCounts(sql, id, { likes: n })
  const seen: number[] = []
  let cursor: string | null = null
  do {
    const answer = await ask(
      `${POPULAR}?scope=followings&size=4${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    seen.push(...idsOf(answer))
    cursor = answer.body.data.nextCursor
    await setCounts(sql, ids[seen.length % ids.length] ?? 0, { likes: 1_000 })
    await insertPost(sql, author)
  } while (cursor !== null)
  expect(seen).toEqual([...ids].reverse())
})
