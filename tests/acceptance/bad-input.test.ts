import { beforeAll, expect, test } from 'vitest'
import { ask, type Method } from '../http-client.ts'
import { gateway, type Member, newMember } from './client.ts'

let member: Member
beforeAll(async () => {
  member = await newMember()
})

/** Every path that takes a body, with its method and a valid body, one field of which is replaced. */
const BODIES: [method: Method, path: string, good: Record<string, unknown>][] = [
  [
    'POST',
    '/api/authentication/signup',
    {
      email: 'spoiled@example.com',
      password: 'a long enough one',
      memberName: '이름',
      handle: 'spoiled',
    },
  ],
  ['POST', '/api/authentication/login', { email: 'x@example.com', password: 'x' }],
  ['PUT', '/api/members/profile', { bio: 'x', displayName: 'x' }],
  ['PUT', '/api/members/profile/handle', { newHandle: 'new_handle' }],
  ['POST', '/api/members/query/in', { ids: [1] }],
  ['POST', '/api/posts', { title: 't', content: 'c' }],
  ['POST', '/api/comments', { postId: 1, content: 'c' }],
  ['POST', '/api/comments/replies', { postId: 1, parentId: 1, content: 'c' }],
  ['POST', '/api/timeline/posts/query/list', { ids: [1] }],
  ['POST', '/api/search/posts/like/query/count/in', { postPks: [1] }],
  ['POST', '/api/search/comments/like/query/count/in', { commentIds: [1] }],
  ['POST', '/api/images/view/command/delete/in', { imageUrls: ['x'] }],
  ['POST', '/api/member-activities/posts', { memberId: 1, postId: 1, activityType: 'POST_CREATE' }],
]

const HOSTILE: unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  'x'.repeat(20_000),
  'a\u0000b',
  '\ud800',
  [],
  {},
  [[]],
  { a: { b: {} } },
  Array(20_000).fill(1),
  Array(50).fill('x'),
]

test.each(BODIES)(
  '%s %s never answers a hostile value with 5xx, and names the field that it refuses',
  async (method, path, good) => {
    for (const field of Object.keys(good)) {
      for (const value of HOSTILE) {
        const { status, body } = await ask(member, {
          method,
          url: path,
          body: { ...good, [field]: value },
        })
        expect(
          status,
          `${field} = ${JSON.stringify(value)?.slice(0, 60)}: ${JSON.stringify(body)}`,
        ).toBeLessThan(500)
        if (body?.code === 'VALIDATION_FAILED') expect(body.errors.length).toBeGreaterThan(0)
        expect(JSON.stringify(body)).not.toMatch(/at .*\.[jt]s:\d+|select |pg_|ECONN|node_modules/i)
      }
    }
  },
)

test.each(BODIES)('%s %s refuses malformed bodies and other media types', async (method, path) => {
  const bodies: [string | Uint8Array, string, number[]][] = [
    ['{', 'application/json', [400]],
    ['{"a":1', 'application/json', [400]],
    ['[]', 'application/json', [400]],
    ['"text"', 'application/json', [400]],
    ['{"__proto__":{"admin":true}}', 'application/json', [400]],
    ['{"constructor":{"prototype":{"x":1}}}', 'application/json', [400]],
    [`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'application/json', [400]],
    [new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]), 'application/json', [400]],
    [`{"a":"${'x'.repeat(1024 * 1024)}"}`, 'application/json', [413]],
    ['<xml/>', 'application/xml', [415]],
    ['a=1', 'application/x-www-form-urlencoded', [415]],
  ]
  for (const [text, type, statuses] of bodies) {
    const { status, body } = await ask(member, {
      method,
      url: path,
      body: text,
      headers: { 'content-type': type },
    })
    expect(
      statuses,
      `${String(text).slice(0, 30)} → ${JSON.stringify(body)?.slice(0, 200)}`,
    ).toContain(status)
    expect(body).toMatchObject({ resultCode: 'FAIL', path })
  }
})

const QUERIES = [
  '/api/timeline/posts/followings',
  '/api/timeline/posts/most-popular',
  '/api/timeline/posts/most-commented',
  '/api/timeline/posts/recent-activities',
  '/api/timeline/posts',
  '/api/timeline/comments',
  '/api/members/followers/more',
  '/api/members/followings/more',
  '/api/members/follow/recommend/newbie',
  '/api/member-activities',
  '/api/notifications',
  '/api/members/blocks',
]

test.each(QUERIES)('GET %s refuses bad pages, sizes and cursors with 400', async (path) => {
  for (const query of [
    'page=-1',
    'page=x',
    'size=0',
    'size=101',
    'size=-5',
    'size=1e999',
    'cursor=zzz',
    'cursor=%00',
    'page=0&page=0',
  ]) {
    const { status, body } = await ask(member, { url: `${path}?${query}` })
    expect([query, status, body.code]).toEqual([query, 400, 'VALIDATION_FAILED'])
  }
})

test.each([
  '/api/timeline/posts/abc',
  '/api/timeline/posts/-1',
  '/api/timeline/posts/0',
  '/api/timeline/posts/1.5',
  '/api/timeline/posts/99999999999999999999',
  '/api/timeline/posts/%00',
  '/api/members/%F0%9F%98%80/profile',
  '/api/timeline/comments/x/replies',
])('GET %s answers 400 or 404 in the envelope', async (path) => {
  const { status, body } = await ask(member, { url: path })
  expect([400, 404]).toContain(status)
  expect(body.resultCode).toBe('FAIL')
})

test.each([
  "' OR 1=1--",
  '"',
  '&|!():*',
  '%_\\',
  '-only',
  'since:nonsense',
  'from:',
  '"unclosed',
  '💥',
  'a'.repeat(200),
])('a search for %s answers 200 or 400, never 5xx', async (keyword) => {
  const { status } = await ask(member, {
    url: `/api/search/posts?keyword=${encodeURIComponent(keyword)}`,
  })
  expect([200, 400]).toContain(status)
})

test('a failure names its path without the query, and its message is in the requested language', async () => {
  const korean = await ask(gateway(), { url: '/api/timeline/posts?token=secret' })
  expect(korean.body).toMatchObject({
    statusCode: 401,
    code: 'BEARER_TOKEN_MISSING',
    path: '/api/timeline/posts',
    message: '로그인이 필요합니다.',
  })
  expect(korean.body.traceId).toMatch(/^[0-9a-f]{32}$/)
  const english = await ask(gateway(), {
    url: '/api/timeline/posts',
    headers: { 'accept-language': 'en' },
  })
  expect(english.body.message).toBe('Please log in first.')
  expect(
    (await ask(gateway(), { url: '/api/timeline/posts', headers: { 'accept-language': '*' } })).body
      .message,
  ).toBe(korean.body.message)
})
