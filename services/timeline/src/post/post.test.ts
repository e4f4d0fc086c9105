import { insertBlock, insertFollow, insertMember, insertMute } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { deletePost, insertLike, insertPost, setCounts } from '../content-rows-fixture.ts'

let timeline: TimelineFixture
let reader: number
let author: number
let members = 0

beforeAll(async () => {
  timeline = await timelineFixture()
  reader = await newMember()
  author = await newMember()
})
afterAll(() => timeline.close())

const newMember = (fields = {}) => insertMember(timeline.sql, `someone${++members}`, fields)
const ask = (url: string, payload?: object, memberId = reader) =>
  timeline.ask(memberId, url, payload)
const idsOf = ({ body }: { body: { data: { content: { id: number }[] } } }) =>
  body.data.content.map(({ id }) => id)

test('GET /api/timeline/posts shows a private caller’s own posts, newest first, by page and by cursor', async () => {
  const me = await newMember({ privacyLevel: 'PRIVATE' })
  const posts: number[] = []
  for (let n = 0; n < 7; n += 1) posts.unshift(await insertPost(timeline.sql, me))
  await insertPost(timeline.sql, me, { deleted: true })
  await insertPost(timeline.sql, author)
  expect(idsOf(await ask('/api/timeline/posts', undefined, me))).toEqual(posts)
  expect(idsOf(await ask('/api/timeline/posts?page=1&size=3', undefined, me))).toEqual(
    posts.slice(3, 6),
  )
  expect(await timeline.readAll(me, '/api/timeline/posts', 3)).toEqual(posts)
})

test('GET /api/timeline/posts/authors/{authorId} shows a muted author’s posts, and none of a hidden one', async () => {
  const [muted, secret, friend] = [
    await newMember(),
    await newMember({ privacyLevel: 'PRIVATE' }),
    await newMember({ privacyLevel: 'FRIENDS_ONLY' }),
  ]
  await insertMute(timeline.sql, reader, muted)
  const [ofMuted, , ofFriend] = [
    await insertPost(timeline.sql, muted),
    await insertPost(timeline.sql, secret),
    await insertPost(timeline.sql, friend),
  ]
  expect(idsOf(await ask(`/api/timeline/posts/authors/${muted}`))).toEqual([ofMuted])
  expect(idsOf(await ask(`/api/timeline/posts/authors/${secret}`))).toEqual([])
  await insertFollow(timeline.sql, reader, friend)
  expect(idsOf(await ask(`/api/timeline/posts/authors/${friend}`))).toEqual([])
  await insertFollow(timeline.sql, friend, reader)
  expect(idsOf(await ask(`/api/timeline/posts/authors/${friend}`))).toEqual([ofFriend])
})

test('GET /api/timeline/posts/{postId} answers the whole post with the caller’s own like', async () => {
  const id = await insertPost(timeline.sql, author, { title: '제목', content: '내용' })
  await setCounts(timeline.sql, id, { views: 4, likes: 1 })
  await insertLike(timeline.sql, id, reader)
  const { status, body } = await ask(`/api/timeline/posts/${id}`)
  expect([status, body.status, body.result]).toEqual([200, 200, 'SUCCESS'])
  expect(body.data).toMatchObject({
    id,
    title: '제목',
    content: '내용',
    authorId: author,
    viewCount: 4,
    likeCount: 1,
    commentCount: 0,
    liked: true,
  })
})

test('every route of a deleted, unknown or hidden post is 404 POST_NOT_FOUND', async () => {
  const [withdrawn, blocker, blocked] = [
    await newMember({ withdrawn: true }),
    await newMember(),
    await newMember(),
  ]
  await insertBlock(timeline.sql, blocker, reader)
  await insertBlock(timeline.sql, reader, blocked)
  const gone = [
    await insertPost(timeline.sql, author, { deleted: true }),
    await insertPost(timeline.sql, withdrawn),
    await insertPost(timeline.sql, blocker),
    await insertPost(timeline.sql, blocked),
    9_999_999_999,
  ]
  for (const id of gone) {
    for (const url of [
      `/api/timeline/posts/${id}`,
      `/api/timeline/posts/${id}/comments`,
      `/api/timeline/statistics/posts/${id}`,
    ]) {
      const { status, body } = await ask(url)
      expect([url, status, body.code]).toEqual([url, 404, 'POST_NOT_FOUND'])
    }
  }
  for (const id of ['0', '-1', 'x', '1.5', '99999999999999999999'])
    expect((await ask(`/api/timeline/posts/${id}`)).status).toBe(400)
})

test('POST /api/timeline/posts/query/list answers each visible post once, in the order of the ids', async () => {
  const secret = await newMember({ privacyLevel: 'PRIVATE' })
  const [one, two, three] = [
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, author),
    await insertPost(timeline.sql, reader),
  ]
  const hidden = await insertPost(timeline.sql, secret)
  const list = async (ids: unknown) => ask('/api/timeline/posts/query/list', { ids })
  expect(
    (await list([three, 987_654_321, one, hidden, two, one])).body.data.map(
      ({ id }: { id: number }) => id,
    ),
  ).toEqual([three, one, two])
  await deletePost(timeline.sql, one)
  expect((await list([two, one])).body.data.map(({ id }: { id: number }) => id)).toEqual([two])
  expect((await list([])).body.data).toEqual([])
  expect((await list(['1'])).status).toBe(400)
  expect((await list(Array.from({ length: 1_001 }, (_, index) => index + 1))).status).toBe(400)
  expect((await list(Array.from({ length: 1_000 }, (_, index) => index + 1))).status).toBe(200)
})

test('GET /api/timeline/statistics/posts/{postId} counts comments and likes', async () => {
  const id = await insertPost(timeline.sql, author)
  expect((await ask(`/api/timeline/statistics/posts/${id}`)).body.data).toEqual({
    commentCount: 0,
    likeCount: 0,
  })
  await setCounts(timeline.sql, id, { likes: 3, comments: 2, views: 9 })
  expect((await ask(`/api/timeline/statistics/posts/${id}`)).body.data).toEqual({
    commentCount: 2,
    likeCount: 3,
  })
})

test('date-range covers both days in Seoul, newest first, with totals, of visible authors not muted', async () => {
  const [secret, muted, blocker] = [
    await newMember({ privacyLevel: 'PRIVATE' }),
    await newMember(),
    await newMember(),
  ]
  await insertMute(timeline.sql, reader, muted)
  await insertBlock(timeline.sql, blocker, reader)
  const at = (createdAt: string, by = author) =>
    insertPost(timeline.sql, by, { createdAt: new Date(createdAt) })
  await at('2021-05-09T23:59:59.999+09:00')
  const first = await at('2021-05-10T00:00:00.000+09:00')
  const sameTime = [
    await at('2021-05-10T12:00:00.000+09:00'),
    await at('2021-05-10T12:00:00.000+09:00'),
  ]
  const last = await at('2021-05-11T23:59:59.999+09:00')
  await at('2021-05-12T00:00:00.000+09:00')
  for (const by of [secret, muted, blocker]) await at('2021-05-10T13:00:00+09:00', by)
  await deletePost(timeline.sql, await at('2021-05-10T14:00:00+09:00'))
  const url = '/api/timeline/posts/date-range?startDate=2021-05-10&endDate=2021-05-11'
  const truth = [last, ...sameTime.toReversed(), first]

  const all = await ask(url)
  expect(idsOf(all)).toEqual(truth)
  expect(all.body.data).toMatchObject({
    page: 0,
    size: 20,
    totalElements: 4,
    totalPages: 1,
    first: true,
    last: true,
    hasNext: false,
    hasPrevious: false,
  })
  const second = await ask(`${url}&page=1&size=3`)
  expect(idsOf(second)).toEqual([first])
  expect(second.body.data).toMatchObject({
    page: 1,
    totalElements: 4,
    totalPages: 2,
    first: false,
    last: true,
    hasNext: false,
    hasPrevious: true,
  })
  expect(await timeline.readAll(reader, url, 1)).toEqual(truth)
  // The private member sees their own post, and has muted and blocked nobody.
  expect((await ask(url, undefined, secret)).body.data.totalElements).toBe(7)
})

test.each([
  'startDate=2021-05-10',
  'endDate=2021-05-10',
  'startDate=2021-02-30&endDate=2021-03-01',
  'startDate=x&endDate=y',
  'startDate=2021-05-11&endDate=2021-05-10',
])('date-range?%s is 400 VALIDATION_FAILED', async (query) => {
  const { status, body } = await ask(`/api/timeline/posts/date-range?${query}`)
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
})

test('date-range accepts the earliest and the latest possible day', async () => {
  const { status, body } = await ask(
    '/api/timeline/posts/date-range?startDate=0001-01-01&endDate=9999-12-31&size=1',
  )
  expect(status).toBe(200)
  expect(body.data.totalElements).toBeGreaterThan(0)
})

test('posts by ids show exactly the authors whom member.may_see allows', async () => {
  const { sql } = timeline
  const people: number[] = []
  for (const privacyLevel of ['PUBLIC', 'FRIENDS_ONLY', 'PRIVATE'])
    for (const withdrawn of [false, true])
      people.push(
        await newMember({ privacyLevel, withdrawn }),
        await newMember({ privacyLevel, withdrawn }),
      )
  for (const [index, one] of people.entries()) {
    for (const [other, two] of people.entries()) {
      if (index !== other && (index * 7 + other) % 3 !== 0) await insertFollow(sql, one, two)
      if (index !== other && (index * 5 + other) % 11 === 0) await insertBlock(sql, one, two)
    }
  }
  const posts = new Map<number, number>()
  for (const one of people) posts.set(one, await insertPost(sql, one))
  for (const viewer of people) {
    const rows = await sql<
      { id: number; seen: boolean }[]
    >`select id, member.may_see(${viewer}, id) as seen from member.member where id = any (${people}::bigint[]) order by id`
    const { body } = await ask(
      '/api/timeline/posts/query/list',
      { ids: people.map((id) => posts.get(id)) },
      viewer,
    )
    expect(body.data.map(({ authorId }: { authorId: number }) => authorId)).toEqual(
      rows.filter(({ seen }) => seen).map(({ id }) => id),
    )
  }
})

test('timeline-svc cannot write what other services own', async () => {
  const { openPool } = await import('@dailyfeed/postgres-support/pool')
  const own = openPool({
    url: timeline.database.urlOf('timeline'),
    max: 1,
    name: 'forbidden writes',
  })
  const reads = openPool({
    url: timeline.database.urlOf('timeline'),
    max: 1,
    name: 'forbidden writes',
    readOnly: true,
  })
  await expect(own`update content.post set title = 'x'`).rejects.toThrow('permission denied')
  await expect(own`delete from member.follow`).rejects.toThrow('permission denied')
  await expect(own`select password_hash from member.member`).rejects.toThrow('permission denied')
  await expect(reads`delete from timeline.ranking_snapshot`).rejects.toThrow(
    'read-only transaction',
  )
  await own.end()
  await reads.end()
})
