import { activityEvent } from '@dailyfeed/tests/activity-events'
import { deletePost, editPost, insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ActivityType } from '@dailyfeed/contract/event-registry'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BATCH_TOKEN, CONTENT_TOKEN, type SearchFixture, searchFixture } from '../search-fixture.ts'
import { catchUp, type IndexProgress } from './catch-up.service.ts'
import { reindex } from './reindex.service.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
let minji: number
let sora: number
let events = 0

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  minji = await insertMember(sql, 'minji')
  sora = await insertMember(sql, 'sora')
})
afterAll(() => search.close())

const eventOf = (
  memberActivityType: ActivityType,
  subject: { postId?: number; commentId?: number; memberId?: number },
  version = 1,
) => {
  events += 1
  return activityEvent(events, { memberActivityType, version, memberId: sora, ...subject })
}
const post = async (url: string, body: object, token: string | undefined) => {
  const headers: Record<string, string> = token === undefined ? {} : { [INTERNAL_TOKEN]: token }
  const answer = await ask(search.client, { url, body, headers })
  return { status: answer.status, data: answer.body.data }
}
const deliver = (list: unknown[], token: string | undefined = CONTENT_TOKEN) =>
  post('/internal/member-activity-events', { events: list }, token)
const runJob = (job: string) => post(`/internal/jobs/${job}`, {}, BATCH_TOKEN)
const indexOf = (postId: number) =>
  sql`select post_id, author_id, version from search.post_index where post_id = ${postId}`

test('POST_CREATE, POST_UPDATE and POST_DELETE add, replace and remove a post in the index', async () => {
  const postId = await insertPost(sql, sora, { content: '처음 모란' })
  expect(await search.find(minji, '모란')).toEqual([])
  expect((await deliver([eventOf('POST_CREATE', { postId })])).data).toEqual({
    received: 1,
    applied: 1,
    deadLettered: 0,
  })
  expect(await search.find(minji, '모란')).toEqual([postId])
  await editPost(sql, postId, '다음 작약')
  await deliver([eventOf('POST_UPDATE', { postId }, 2)])
  expect([await search.find(minji, '모란'), await search.find(minji, '작약')]).toEqual([
    [],
    [postId],
  ])
  await deletePost(sql, postId)
  await deliver([eventOf('POST_DELETE', { postId }, 3)])
  expect([...(await indexOf(postId))]).toEqual([])
})

test('duplicate, late or unordered events leave the current state of content-svc', async () => {
  const kept = await insertPost(sql, sora, { content: '동백' })
  await editPost(sql, kept, '수선화')
  const gone = await insertPost(sql, sora, { content: '동백' })
  await deletePost(sql, gone)
  const batch = [
    eventOf('POST_UPDATE', { postId: kept }, 2),
    eventOf('POST_CREATE', { postId: kept }),
    eventOf('POST_DELETE', { postId: gone }, 2),
    eventOf('POST_CREATE', { postId: gone }),
  ]
  expect((await deliver(batch)).data.applied).toBe(1)
  expect((await deliver([...batch].reverse())).data.applied).toBe(0)
  expect([...(await indexOf(kept))]).toEqual([{ post_id: kept, author_id: sora, version: 2 }])
  expect([...(await indexOf(gone))]).toEqual([])
})

test('comments are indexed by their own events, and removed with their post', async () => {
  const postId = await insertPost(sql, sora, { content: '글' })
  const first = await insertComment(sql, postId, sora, { content: '개나리 하나' })
  const second = await insertComment(sql, postId, sora, { content: '개나리 둘' })
  await deliver([
    eventOf('COMMENT_CREATE', { postId, commentId: first }),
    eventOf('COMMENT_CREATE', { postId, commentId: second }),
  ])
  expect((await search.find(minji, '개나리', 'comments')).sort()).toEqual([first, second])
  await sql`update content.comment set deleted_at = now(), version = version + 1 where id = ${first}`
  await deliver([eventOf('COMMENT_DELETE', { postId, commentId: first }, 2)])
  expect(await search.find(minji, '개나리', 'comments')).toEqual([second])
  await deletePost(sql, postId)
  await deliver([eventOf('POST_DELETE', { postId }, 2)])
  expect([
    ...(await sql`select comment_id from search.comment_index where post_id = ${postId}`),
  ]).toEqual([])
})

test('500 events are one delivery, and an invalid one becomes a dead letter without delaying others', async () => {
  const ids = await sql<
    { id: number }[]
  >`insert into content.post (author_id, content) select ${sora}, '은방울꽃 ' || n from generate_series(1, 499) n returning id`
  const { data } = await deliver([
    ...ids.map(({ id }) => eventOf('POST_CREATE', { postId: id })),
    { eventId: 'nonsense' },
  ])
  expect(data).toEqual({ received: 500, applied: 499, deadLettered: 1 })
  expect(
    (
      await ask(search.client, {
        as: minji,
        url: `/api/search/posts?keyword=${encodeURIComponent('은방울꽃')}`,
      })
    ).body.data.totalElements,
  ).toBe(499)
})

test('only publishers may deliver events, and only batch-svc may run jobs', async () => {
  expect((await deliver([], BATCH_TOKEN)).status).toBe(403)
  expect((await post('/internal/member-activity-events', { events: [] }, undefined)).status).toBe(
    401,
  )
  expect((await post('/internal/jobs/searchReindexJob', {}, CONTENT_TOKEN)).status).toBe(403)
  expect((await post('/internal/jobs/noSuchJob', {}, BATCH_TOKEN)).status).toBe(404)
})

test('MEMBER_ERASE, which no service publishes, is accepted and changes nothing', async () => {
  const leah = await insertMember(sql, 'leah')
  const postId = await insertPost(sql, leah, { content: '지워질 글' })
  await insertComment(sql, postId, leah, { content: '지워질 댓글' })
  await catchUp(search.index)
  await deliver([eventOf('MEMBER_ERASE', { memberId: leah })])
  expect([
    ...(await sql`
      select author_id from search.post_index where author_id = ${leah}
      union all select author_id from search.comment_index where author_id = ${leah}`),
  ]).toHaveLength(2)
})

test('catchUp indexes posts that came without events, and a second run changes nothing', async () => {
  await sql`insert into content.post (author_id, content) select ${sora}, '가시연꽃 ' || n from generate_series(1, 1200) n`
  const stale = await insertPost(sql, sora, { content: '어제의 글' })
  await catchUp(search.index)
  await deletePost(sql, stale)
  expect(await catchUp(search.index)).toEqual({ posts: 1, comments: 0 })
  expect((await runJob('searchReconcileJob')).data).toEqual({ posts: 0, comments: 0 })
  expect(
    (
      await ask(search.client, {
        as: minji,
        url: `/api/search/posts?keyword=${encodeURIComponent('가시연꽃')}`,
      })
    ).body.data.totalElements,
  ).toBe(1_200)
})

test('texts of the maximum length and of unusual characters can be indexed', async () => {
  const everything = Array.from({ length: 5_000 }, (_, n) =>
    String.fromCodePoint(0xac00 + ((n * 37) % 11_172)),
  ).join('')
  const texts = [
    'a'.repeat(5_000),
    '가'.repeat(5_000),
    everything,
    '\ufdfa'.repeat(5_000),
    '㌀㍇'.repeat(2_500),
    "'\\:*&|!()<->".repeat(400),
    '𠮷'.repeat(5_000),
    '1 '.repeat(2_500),
    'ﷺ가a'.repeat(1_600),
  ]
  for (const text of texts) await insertPost(sql, sora, { content: text })
  expect((await catchUp(search.index)).posts).toBe(texts.length)
})

test('reindex repairs a broken index while searches succeed, and loses no concurrent change', async () => {
  const old = await insertPost(sql, sora, { content: '할미꽃 옛글' })
  const edited = await insertPost(sql, sora, { content: '할미꽃 고칠 글' })
  const deleted = await insertPost(sql, sora, { content: '할미꽃 지울 글' })
  await catchUp(search.index)
  await sql`update search.post_index set tokens = ''::tsvector where post_id = ${old}`
  let running = true
  const written: number[] = []
  const writing = (async () => {
    // Fewer than a page holds, so that new posts do not push the searched one off its page.
    while (running && written.length < 90) {
      const postId = await insertPost(sql, sora, { content: '할미꽃 새글' })
      written.push(postId)
      expect((await deliver([eventOf('POST_CREATE', { postId })])).status).toBe(200)
    }
  })()
  const searching = (async () => {
    while (running) expect(await search.find(minji, '할미꽃')).toContain(edited)
  })()
  const progress: IndexProgress[] = []
  let changes: Promise<unknown> | undefined
  const outcome = await reindex(search.index, (step) => {
    progress.push(step)
    changes ??= (async () => {
      await editPost(sql, edited, '할미꽃 고친 글')
      await deletePost(sql, deleted)
      await deliver([
        eventOf('POST_UPDATE', { postId: edited }, 2),
        eventOf('POST_DELETE', { postId: deleted }, 2),
      ])
    })()
  })
  await changes
  running = false
  await Promise.all([writing, searching])
  expect(outcome.outcome).toBe('REBUILT')
  expect(progress.at(-1)).toMatchObject({ kind: 'comments' })
  const missing =
    await sql`select id from content.post left join search.post_index on post_id = id where deleted_at is null and (search.post_index.version is distinct from content.post.version)`
  expect([...missing]).toEqual([])
  expect([...(await indexOf(deleted))]).toEqual([])
  const found = (
    await ask(search.client, {
      as: minji,
      url: `/api/search/posts?keyword=${encodeURIComponent('할미꽃')}`,
    })
  ).body.data
  expect(found.totalElements).toBe(written.length + 2)
  expect(await search.find(minji, '"할미꽃 옛글"')).toEqual([old])
  expect(
    (
      await sql`select count(*)::int as tables from pg_tables where schemaname = 'search' and tablename like '%\\_index%'`
    )[0],
  ).toEqual({ tables: 2 })
})

test('one of two concurrent rebuilds runs, and an interrupted one does not prevent it', async () => {
  await search.index.sql`select search.begin_rebuild()` // as left by a killed process
  const outcomes = await Promise.all([reindex(search.index), reindex(search.index)])
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['ALREADY_RUNNING', 'REBUILT'])
  const { status, data } = await runJob('searchReindexJob')
  expect(status).toBe(200)
  expect(data.posts).toBeGreaterThan(1_000)
  const plan = await sql`explain select from search.post_index where tokens @@ '''가시'''::tsquery`
  expect(JSON.stringify(plan)).toContain('post_index_next_tokens_idx')
})

test('search-svc can neither write to other schemas nor create tables', async () => {
  await expect(search.index.sql`update content.post set title = 'mine'`).rejects.toThrow(
    'permission denied',
  )
  await expect(search.index.sql`delete from member.block`).rejects.toThrow('permission denied')
  await expect(search.index.sql`select password_hash from member.member`).rejects.toThrow(
    'permission denied',
  )
  await expect(search.index.sql`create table search.extra ()`).rejects.toThrow('permission denied')
})
