import { ask } from '@dailyfeed/tests/http-client'
import { insertBlock, insertMember } from '@dailyfeed/tests/members'
import { testTokens } from '@dailyfeed/tests/tokens'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'

let content: ContentFixture
let minji: number
let sora: number

beforeAll(async () => {
  content = await contentFixture()
  minji = await insertMember(content.database.sql, 'minji')
  sora = await insertMember(content.database.sql, 'sora')
})
afterAll(() => content.close())

const eventsOf = (postId: number) => content.database.sql`
  select activity_type, message_key, version, member_id from content.outbox where post_id = ${postId} order by event_id`

test('POST /api/posts answers 201 with the whole post and writes one event, pending per subscriber', async () => {
  const { status, body } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: {
      title: '제목',
      content: '안녕하세요 👋',
    },
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    status: 201,
    result: 'SUCCESS',
    data: {
      title: '제목',
      content: '안녕하세요 👋',
      authorId: minji,
      authorName: 'Member minji',
      authorHandle: 'minji',
      authorAvatarUrl: null,
      viewCount: 0,
      likeCount: 0,
      commentCount: 0,
      liked: false,
    },
  })
  expect(body.data.updatedAt).toBe(body.data.createdAt)
  expect(await eventsOf(body.data.id)).toEqual([
    {
      activity_type: 'POST_CREATE',
      message_key: `member_activity:kafka_event:POST_CREATE###${body.data.id}###${minji}`,
      version: 1,
      member_id: minji,
    },
  ])
  const pending = await content.database.sql`
    select destination from content.outbox_pending join content.outbox using (event_id) where post_id = ${body.data.id} order by destination`
  expect(pending.map(({ destination }) => destination)).toEqual(['activity', 'search'])
})

test.each([
  ['a number as content', { content: 5 }, 'content'],
  ['no content', {}, 'content'],
  ['an empty content', { content: '' }, 'content'],
  ['a content of 5,001 code points', { content: '가'.repeat(5_001) }, 'content'],
  ['a title of 101 code points', { title: '😀'.repeat(101), content: 'x' }, 'title'],
  ['a NUL character', { content: 'a\u0000b' }, 'content'],
  ['half a surrogate pair', { content: 'a\ud800b' }, 'content'],
])('POST /api/posts refuses %s with 400 and names the field', async (_what, payload, field) => {
  const { status, body } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: payload,
    headers: {
      'accept-language': 'en',
    },
  })
  expect(status).toBe(400)
  expect(body).toMatchObject({
    statusCode: 400,
    resultCode: 'FAIL',
    code: 'VALIDATION_FAILED',
    path: '/api/posts',
  })
  expect(body.errors[0].field).toBe(field)
  expect(body.message).toBe(body.errors[0].message)
})

test('lengths count code points: 100 emoji are a title, 5,000 Hangul syllables a content', async () => {
  const { status } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: {
      title: '😀'.repeat(100),
      content: '가'.repeat(5_000),
    },
  })
  expect(status).toBe(201)
})

test('unknown fields of a body are ignored and not stored', async () => {
  const { body } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: {
      content: 'mine',
      authorId: sora,
      viewCount: 9_000,
      id: 1,
      createdAt: '2020-01-01T00:00:00Z',
    },
  })
  expect(body.data).toMatchObject({ authorId: minji, viewCount: 0 })
  expect(body.data.createdAt.slice(0, 4)).not.toBe('2020')
})

test.each([
  ['malformed JSON', '{"content":', 'application/json', 400, 'VALIDATION_FAILED'],
  [
    '__proto__',
    '{"content":"x","__proto__":{"a":1}}',
    'application/json',
    400,
    'VALIDATION_FAILED',
  ],
  [
    'JSON nested 100 deep',
    `{"content":"x","a":${'['.repeat(100)}${']'.repeat(100)}}`,
    'application/json',
    400,
    'VALIDATION_FAILED',
  ],
  [
    'invalid UTF-8',
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    'application/json',
    400,
    'VALIDATION_FAILED',
  ],
  ['JSON labelled text/plain', '{"content":"x"}', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE'],
  [
    'a body over 1 MiB',
    JSON.stringify({ content: 'x'.repeat(1024 * 1024) }),
    'application/json',
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ['an empty body', '', 'application/json', 400, 'VALIDATION_FAILED'],
])('POST /api/posts refuses %s', async (_what, payload, type, status, code) => {
  const answer = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: payload,
    headers: {
      'content-type': type,
    },
  })
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('PUT /api/posts/{postId} keeps an absent title and increases version and updatedAt', async () => {
  const { body: made } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: {
      title: '제목',
      content: 'one',
    },
  })
  const { status, body } = await ask(content.client, {
    as: minji,
    method: 'PUT',
    url: `/api/posts/${made.data.id}`,
    body: {
      content: 'two',
    },
  })
  expect(status).toBe(200)
  expect(body.data).toMatchObject({ title: '제목', content: 'two', createdAt: made.data.createdAt })
  expect(body.data.updatedAt > made.data.createdAt).toBe(true)
  expect(
    (await eventsOf(made.data.id)).map(({ activity_type, version }) => [activity_type, version]),
  ).toEqual([
    ['POST_CREATE', 1],
    ['POST_UPDATE', 2],
  ])
})

test('PUT and DELETE of a post by another member are 403 and change nothing', async () => {
  const { body: made } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: { content: 'mine' },
  })
  const edit = await ask(content.client, {
    as: sora,
    method: 'PUT',
    url: `/api/posts/${made.data.id}`,
    body: { content: 'yours' },
  })
  const removal = await ask(content.client, {
    as: sora,
    method: 'DELETE',
    url: `/api/posts/${made.data.id}`,
  })
  expect([edit.status, edit.body.code, removal.status, removal.body.code]).toEqual([
    403,
    'POST_UPDATE_FORBIDDEN',
    403,
    'POST_DELETE_FORBIDDEN',
  ])
  const [row] = await content.database
    .sql`select content, deleted_at from content.post where id = ${made.data.id}`
  expect(row).toEqual({ content: 'mine', deleted_at: null })
})

test('after DELETE of a post its edit and deletion are 410, its likes and comments 404', async () => {
  const { body: made } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: { content: 'gone soon' },
  })
  const { id } = made.data
  const first = await ask(content.client, { as: minji, method: 'DELETE', url: `/api/posts/${id}` })
  expect([first.status, first.body.data]).toEqual([200, true])
  const answers = [
    await ask(content.client, { as: minji, method: 'DELETE', url: `/api/posts/${id}` }),
    await ask(content.client, {
      as: minji,
      method: 'PUT',
      url: `/api/posts/${id}`,
      body: { content: 'back' },
    }),
    await ask(content.client, { as: sora, method: 'POST', url: `/api/posts/${id}/like` }),
    await ask(content.client, {
      as: sora,
      url: '/api/comments',
      body: { postId: id, content: 'hello?' },
    }),
  ]
  expect(answers.map(({ body }) => [body.statusCode, body.code])).toEqual([
    [410, 'POST_ALREADY_DELETED'],
    [410, 'POST_ALREADY_DELETED'],
    [404, 'POST_NOT_FOUND'],
    [404, 'POST_NOT_FOUND'],
  ])
})

test('DELETE with an empty body labelled application/json is accepted', async () => {
  const { body: made } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: { content: 'x' },
  })
  const { status } = await ask(content.client, {
    as: minji,
    method: 'DELETE',
    url: `/api/posts/${made.data.id}`,
    headers: {
      'content-type': 'application/json',
    },
  })
  expect(status).toBe(200)
})

test('a post whose author blocked the caller is 404 POST_NOT_FOUND to the caller', async () => {
  const leah = await insertMember(content.database.sql, 'leah')
  await insertBlock(content.database.sql, minji, leah)
  const { body: made } = await ask(content.client, {
    as: minji,
    url: '/api/posts',
    body: { content: 'not for leah' },
  })
  const like = await ask(content.client, {
    as: leah,
    method: 'POST',
    url: `/api/posts/${made.data.id}/like`,
  })
  const comment = await ask(content.client, {
    as: leah,
    url: '/api/comments',
    body: {
      postId: made.data.id,
      content: 'hi',
    },
  })
  expect([like.body.code, comment.body.code]).toEqual(['POST_NOT_FOUND', 'POST_NOT_FOUND'])
})

test('a write without a bearer token is 401 BEARER_TOKEN_MISSING with neither token header', async () => {
  const answer = await ask(content.client, { url: '/api/posts', body: { content: 'x' } })
  expect([answer.status, answer.body.code]).toEqual([401, 'BEARER_TOKEN_MISSING'])
  expect(answer.headers.has('x-relogin-required')).toBe(false)
  expect(answer.headers.has('x-token-refresh-needed')).toBe(false)
})

test('an expired token is 401 with X-Token-Refresh-Needed, a forged one with X-Relogin-Required', async () => {
  const past = Math.floor(Date.now() / 1_000) - 60
  const stranger = await testTokens()
  const forged = await ask(content.client, {
    as: await stranger.bearerOf(minji),
    method: 'DELETE',
    url: '/api/posts/1',
  })
  expect([forged.status, forged.body.code, forged.headers.get('x-relogin-required')]).toEqual([
    401,
    'INVALID_TOKEN',
    'true',
  ])
  const expired = await ask(content.client, {
    as: minji,
    method: 'DELETE',
    url: '/api/posts/1',
    headers: {
      authorization: await content.bearerOf(minji, { exp: past, iat: past - 900, nbf: past - 900 }),
    },
  })
  expect([
    expired.status,
    expired.body.code,
    expired.headers.get('x-token-refresh-needed'),
  ]).toEqual([401, 'JWT_EXPIRED', 'true'])
})

test('an unknown path is 404, a wrong method 405 with Allow, also with a trailing slash', async () => {
  const unknown = await ask(content.client, { as: minji, url: '/api/nothing/here' })
  expect([unknown.status, unknown.body.code]).toEqual([404, 'NOT_FOUND'])
  for (const path of ['/api/posts', '/api/posts/']) {
    const wrong = await ask(content.client, { as: minji, url: path })
    expect([wrong.status, wrong.body.code, wrong.headers.get('allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'POST',
    ])
  }
})

test('an error is Korean or English by Accept-Language and has the path and the trace id', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const korean = await ask(content.client, {
    as: minji,
    method: 'PUT',
    url: '/api/posts/999999?secret=1',
    body: { content: 'x' },
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  })
  expect(korean.body).toEqual({
    statusCode: 404,
    resultCode: 'FAIL',
    code: 'POST_NOT_FOUND',
    message: '글을 찾을 수 없습니다.',
    path: '/api/posts/999999',
    traceId,
  })
  const english = await ask(content.client, {
    as: minji,
    method: 'PUT',
    url: '/api/posts/999999',
    body: { content: 'x' },
    headers: { 'accept-language': 'en-US,en;q=0.9,ko;q=0.8' },
  })
  expect(english.body.message).toBe('This post does not exist.')
})
