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
  postId = (await content.ask(minji, 'POST', '/api/posts', { content: 'likeable' })).body.data.id
})
afterAll(() => content.close())

const likes = async () =>
  (
    await content.database
      .sql`select like_count from content.post_counter where post_id = ${postId}`
  )[0]?.['like_count'] ?? 0

test('a post is liked once: a second like is 400 POST_LIKE_ALREADY_EXISTS', async () => {
  const first = await content.ask(minji, 'POST', `/api/posts/${postId}/like`)
  const second = await content.ask(minji, 'POST', `/api/posts/${postId}/like`)
  expect([first.status, first.body.data, second.status, second.body.code]).toEqual([
    200,
    true,
    400,
    'POST_LIKE_ALREADY_EXISTS',
  ])
  expect(await likes()).toBe(1)
})

test('a like that is not there cannot be taken back: 400 POST_LIKE_CANCEL_ALREADY_COMMITTED', async () => {
  const { status, body } = await content.ask(minji, 'DELETE', `/api/posts/${postId}/like`)
  expect([status, body.code]).toEqual([400, 'POST_LIKE_CANCEL_ALREADY_COMMITTED'])
})

test('like, unlike, like leaves one like and events of rising versions under the founding keys', async () => {
  for (const method of ['POST', 'DELETE', 'POST'] as const)
    expect((await content.ask(minji, method, `/api/posts/${postId}/like`)).status).toBe(200)
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

test('likes and unlikes racing over one post leave a count equal to the rows, and one event for each that was acknowledged', async () => {
  const acts = fans.flatMap((fan) =>
    (['POST', 'POST', 'DELETE', 'POST'] as const).map(
      (method) => () => content.ask(fan, method, `/api/posts/${postId}/like`),
    ),
  )
  const answers = await Promise.all(acts.map((act) => act()))
  expect(answers.filter(({ status }) => status >= 500)).toEqual([])
  const [truth] = await content.database.sql`
    select (select count(*) from content.post_like where post_id = ${postId} and liked) as likes,
           (select count(*) from content.outbox where post_id = ${postId} and activity_type like 'LIKE%') as events`
  expect(truth).toEqual({
    likes: await likes(),
    events: answers.filter(({ status }) => status === 200).length,
  })
})

test('a comment is liked and unliked by the same rules', async () => {
  const id = (await content.ask(minji, 'POST', '/api/comments', { postId, content: 'c' })).body.data
    .id
  const answers = []
  for (const method of ['POST', 'POST', 'DELETE', 'DELETE'] as const)
    answers.push(await content.ask(minji, method, `/api/comments/${id}/like`))
  expect(answers.map(({ status, body }) => [status, body.code ?? body.data])).toEqual([
    [200, true],
    [400, 'COMMENT_LIKE_ALREADY_EXISTS'],
    [200, true],
    [400, 'COMMENT_LIKE_CANCEL_ALREADY_COMMITTED'],
  ])
  const [row] = await content.database.sql`select like_count from content.comment where id = ${id}`
  expect(row?.['like_count']).toBe(0)
})
