import { ask } from '@dailyfeed/tests/http-client'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'

let content: ContentFixture
let minji: number
let fans: number[]
let postId: number

beforeAll(async () => {
  content = await contentFixture()
  minji = await insertMember(content.database.sql, 'minji')
  fans = await Promise.all(
    Array.from({ length: 20 }, (_, n) => insertMember(content.database.sql, `fan${n}`)),
  )
})
beforeEach(async () => {
  postId = (
    await ask(content.client, { as: minji, url: '/api/posts', body: { content: 'likeable' } })
  ).body.data.id
})
afterAll(() => content.close())

const likes = async () =>
  (
    await content.database
      .sql`select like_count from content.post_counter where post_id = ${postId}`
  )[0]?.['like_count'] ?? 0

test('a post is liked once: a second like is 400 POST_LIKE_ALREADY_EXISTS', async () => {
  const first = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${postId}/like`,
  })
  const second = await ask(content.client, {
    as: minji,
    method: 'POST',
    url: `/api/posts/${postId}/like`,
  })
  expect([first.status, first.body.data, second.status, second.body.code]).toEqual([
    200,
    true,
    400,
    'POST_LIKE_ALREADY_EXISTS',
  ])
  expect(await likes()).toBe(1)
})

test('taking back a like that does not exist is 400 POST_LIKE_CANCEL_ALREADY_COMMITTED', async () => {
  const { status, body } = await ask(content.client, {
    as: minji,
    method: 'DELETE',
    url: `/api/posts/${postId}/like`,
  })
  expect([status, body.code]).toEqual([400, 'POST_LIKE_CANCEL_ALREADY_COMMITTED'])
})

test('like, unlike, like leaves one like and events with ascending versions and stable keys', async () => {
  for (const method of ['POST', 'DELETE', 'POST'] as const)
    expect(
      (await ask(content.client, { as: minji, method, url: `/api/posts/${postId}/like` })).status,
    ).toBe(200)
  expect(await likes()).toBe(1)
  const events = await content.database
    .sql`select activity_type, version, message_key from content.outbox where post_id = ${postId} and activity_type like 'LIKE%' order by event_id`
  const key = (type: string) => `member_activity:kafka_event:${type}###${postId}###${minji}`
  expect([...events]).toEqual([
    { activity_type: 'LIKE_POST', version: 1, message_key: key('LIKE_POST') },
    { activity_type: 'LIKE_POST_CANCEL', version: 2, message_key: key('LIKE_POST_CANCEL') },
    { activity_type: 'LIKE_POST', version: 3, message_key: key('LIKE_POST') },
  ])
})

test('concurrent likes and unlikes leave an exact count and one event per acknowledged request', async () => {
  const requests = fans.flatMap((fan) =>
    (['POST', 'POST', 'DELETE', 'POST'] as const).map(
      (method) => () => ask(content.client, { as: fan, method, url: `/api/posts/${postId}/like` }),
    ),
  )
  const answers = await Promise.all(requests.map((send) => send()))
  expect(answers.filter(({ status }) => status >= 500)).toEqual([])
  const [truth] = await content.database.sql`
    select (select count(*) from content.post_like where post_id = ${postId} and liked) as likes,
           (select count(*) from content.outbox where post_id = ${postId} and activity_type like 'LIKE%') as events`
  expect(truth).toEqual({
    likes: await likes(),
    events: answers.filter(({ status }) => status === 200).length,
  })
})

test('a comment is liked once and unliked once, as a post is', async () => {
  const id = (
    await ask(content.client, { as: minji, url: '/api/comments', body: { postId, content: 'c' } })
  ).body.data.id
  const answers = []
  for (const method of ['POST', 'POST', 'DELETE', 'DELETE'] as const)
    answers.push(await ask(content.client, { as: minji, method, url: `/api/comments/${id}/like` }))
  expect(answers.map(({ status, body }) => [status, body.code ?? body.data])).toEqual([
    [200, true],
    [400, 'COMMENT_LIKE_ALREADY_EXISTS'],
    [200, true],
    [400, 'COMMENT_LIKE_CANCEL_ALREADY_COMMITTED'],
  ])
  const [row] = await content.database.sql`select like_count from content.comment where id = ${id}`
  expect(row?.['like_count']).toBe(0)
})
