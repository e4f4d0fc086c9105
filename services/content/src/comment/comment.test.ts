import { ask } from '@dailyfeed/tests/http-client'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'
import { reconcileCounters } from '../counter/counter.service.ts'

let content: ContentFixture
let minji: number
let sora: number
let postId: number

beforeAll(async () => {
  content = await contentFixture()
  minji = await insertMember(content.database.sql, 'minji')
  sora = await insertMember(content.database.sql, 'sora')
})
beforeEach(async () => {
  postId = (
    await ask(content.client, { as: minji, url: '/api/posts', body: { content: 'a post' } })
  ).body.data.id
})
afterAll(() => content.close())

async function commentOn(memberId: number, parentId?: number | null): Promise<number> {
  const { status, body } = await ask(content.client, {
    as: memberId,
    url: '/api/comments',
    body: {
      postId,
      content: 'a comment',
      ...(parentId === undefined ? {} : { parentId }),
    },
  })
  expect(status).toBe(201)
  return body.data.id
}

const countOf = async () =>
  (
    await content.database
      .sql`select comment_count from content.post_counter where post_id = ${postId}`
  )[0]?.['comment_count'] ?? 0

test('POST /api/comments answers 201 with depth 0 and is counted; parentId null means no parent', async () => {
  const { status, body } = await ask(content.client, {
    as: sora,
    url: '/api/comments',
    body: {
      postId,
      content: '좋아요!',
      parentId: null,
    },
  })
  expect(status).toBe(201)
  expect(body.data).toMatchObject({
    postId,
    parentId: null,
    depth: 0,
    authorId: sora,
    authorHandle: 'sora',
    likeCount: 0,
    replyCount: 0,
    liked: false,
    content: '좋아요!',
  })
  expect(await countOf()).toBe(1)
})

test('replies go three levels deep; a fourth level is 400 COMMENT_DEPTH_LIMIT_EXCEEDS', async () => {
  const first = await commentOn(sora)
  const second = await commentOn(minji, first)
  const third = await commentOn(sora, second)
  const { status, body } = await ask(content.client, {
    as: minji,
    url: '/api/comments',
    body: {
      postId,
      content: 'too deep',
      parentId: third,
    },
  })
  expect([status, body.code]).toEqual([400, 'COMMENT_DEPTH_LIMIT_EXCEEDS'])
  expect(await countOf()).toBe(3)
})

test('POST /api/comments/replies requires a live parent on the same post', async () => {
  const without = await ask(content.client, {
    as: sora,
    url: '/api/comments/replies',
    body: { postId, content: 'x' },
  })
  expect([without.status, without.body.code]).toEqual([400, 'VALIDATION_FAILED'])
  const parent = await commentOn(sora)
  const other = (
    await ask(content.client, { as: minji, url: '/api/posts', body: { content: 'another' } })
  ).body.data.id
  const elsewhere = await ask(content.client, {
    as: sora,
    url: '/api/comments/replies',
    body: {
      postId: other,
      content: 'x',
      parentId: parent,
    },
  })
  expect([elsewhere.status, elsewhere.body.code]).toEqual([
    400,
    'PARENT_COMMENT_POST_ID_NOT_EQUALS',
  ])
  await ask(content.client, { as: sora, method: 'DELETE', url: `/api/comments/${parent}` })
  const dead = await ask(content.client, {
    as: sora,
    url: '/api/comments/replies',
    body: {
      postId,
      content: 'x',
      parentId: parent,
    },
  })
  expect([dead.status, dead.body.code]).toEqual([404, 'PARENT_COMMENT_NOT_FOUND'])
})

test('PUT and DELETE of a comment by another member are 403', async () => {
  const id = await commentOn(sora)
  const edit = await ask(content.client, {
    as: minji,
    method: 'PUT',
    url: `/api/comments/${id}`,
    body: { content: 'changed' },
  })
  const removal = await ask(content.client, {
    as: minji,
    method: 'DELETE',
    url: `/api/comments/${id}`,
  })
  expect([edit.status, edit.body.code, removal.status, removal.body.code]).toEqual([
    403,
    'COMMENT_MODIFICATION_PERMISSION_DENIED',
    403,
    'COMMENT_DELETION_PERMISSION_DENIED',
  ])
})

test('PUT /api/comments/{commentId} by its author changes the content and the version', async () => {
  const id = await commentOn(sora)
  const { status, body } = await ask(content.client, {
    as: sora,
    method: 'PUT',
    url: `/api/comments/${id}`,
    body: {
      content: 'better',
    },
  })
  expect([status, body.data.content]).toEqual([200, 'better'])
  const events = await content.database
    .sql`select activity_type, version, post_id from content.outbox where comment_id = ${id} order by event_id`
  expect([...events]).toEqual([
    { activity_type: 'COMMENT_CREATE', version: 1, post_id: postId },
    { activity_type: 'COMMENT_UPDATE', version: 2, post_id: postId },
  ])
})

test('DELETE of a comment deletes its replies, corrects the counts and publishes each deletion', async () => {
  const kept = await commentOn(minji)
  const top = await commentOn(sora)
  const middle = await commentOn(minji, top)
  const leaf = await commentOn(sora, middle)
  expect(await countOf()).toBe(4)
  const { status, body } = await ask(content.client, {
    as: sora,
    method: 'DELETE',
    url: `/api/comments/${top}`,
  })
  expect([status, body.data]).toEqual([200, true])
  expect(await countOf()).toBe(1)
  const published = await content.database.sql`
    select comment_id, member_id from content.outbox where activity_type = 'COMMENT_DELETE' and post_id = ${postId} order by comment_id`
  expect([...published]).toEqual([
    { comment_id: top, member_id: sora },
    { comment_id: middle, member_id: minji },
    { comment_id: leaf, member_id: sora },
  ])
  const answers = await Promise.all(
    [top, middle, leaf].map((id) =>
      ask(content.client, { as: sora, method: 'POST', url: `/api/comments/${id}/like` }),
    ),
  )
  expect(answers.map(({ body }) => body.code)).toEqual(Array(3).fill('COMMENT_NOT_FOUND'))
  expect(
    (await ask(content.client, { as: sora, method: 'POST', url: `/api/comments/${kept}/like` }))
      .status,
  ).toBe(200)
})

test('DELETE of a reply lowers its parent’s replyCount by one', async () => {
  const top = await commentOn(sora)
  const reply = await commentOn(minji, top)
  await commentOn(minji, top)
  await ask(content.client, { as: minji, method: 'DELETE', url: `/api/comments/${reply}` })
  const [row] = await content.database
    .sql`select reply_count from content.comment where id = ${top}`
  expect(row?.['reply_count']).toBe(1)
})

test('concurrent comments and deletions leave an exact count and no live reply below a deleted parent', async () => {
  const tops = await Promise.all(Array.from({ length: 10 }, () => commentOn(sora)))
  await Promise.all([
    ...tops
      .slice(0, 5)
      .map((id) => ask(content.client, { as: sora, method: 'DELETE', url: `/api/comments/${id}` })),
    ...tops.flatMap((parentId) =>
      [0, 1].map(() =>
        ask(content.client, {
          as: minji,
          url: '/api/comments',
          body: { postId, content: 'race', parentId },
        }),
      ),
    ),
  ])
  const [truth] = await content.database.sql`
    select (select count(*) from content.comment where post_id = ${postId} and deleted_at is null) as live,
           (select count(*) from content.comment c join content.comment p on p.id = c.parent_id
            where c.post_id = ${postId} and c.deleted_at is null and p.deleted_at is not null) as orphans`
  expect(truth).toEqual({ live: await countOf(), orphans: 0 })
})

test('counterReconcileJob corrects only counters that are wrong', async () => {
  expect(await reconcileCounters(content.database.sql)).toEqual({ posts: 0, comments: 0 })
  const id = await commentOn(sora)
  await content.database.sql`update content.comment set reply_count = 7 where id = ${id}`
  await content.database
    .sql`update content.post_counter set comment_count = 99 where post_id = ${postId}`
  expect(await reconcileCounters(content.database.sql)).toEqual({ posts: 1, comments: 1 })
  expect(await countOf()).toBe(1)
})
