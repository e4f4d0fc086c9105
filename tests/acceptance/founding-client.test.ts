import { beforeAll, expect, test } from 'vitest'
import { ask, type Member, newMember } from './client.ts'
import { png } from './png.ts'

/** A client written for the founding system works unchanged: its bodies, content types, paths, headers and image addresses. */
let minji: Member
let sora: Member
beforeAll(async () => {
  ;[minji, sora] = [await newMember(), await newMember()]
})

const json = { 'content-type': 'application/json' }

test('body-less GET, POST and DELETE labelled application/json are taken', async () => {
  const { body: made } = await minji.ask('POST', '/api/posts', { content: 'x' })
  expect((await minji.ask('GET', '/api/timeline/posts', undefined, json)).status).toBe(200)
  expect((await sora.ask('POST', `/api/posts/${made.data.id}/like`, '', json)).status).toBe(200)
  expect((await sora.ask('DELETE', `/api/posts/${made.data.id}/like`, '', json)).status).toBe(200)
  expect((await sora.ask('POST', `/api/members/follow/${minji.id}`, '', json)).status).toBe(200)
  expect((await minji.ask('DELETE', `/api/posts/${made.data.id}`, '', json)).status).toBe(200)
})

test('JSON labelled text/plain is taken by profile, handle and image deletion, and by no other route', async () => {
  const plain = { 'content-type': 'text/plain;charset=UTF-8' }
  const taken = [
    await minji.ask('PUT', '/api/members/profile', '{"bio":"안녕"}', plain),
    await minji.ask(
      'PUT',
      '/api/members/profile/handle',
      `{"newHandle":"${minji.handle}x"}`,
      plain,
    ),
    await minji.ask('POST', '/api/images/view/command/delete/in', '{"imageUrls":[]}', plain),
  ]
  expect(taken.map(({ status }) => status)).toEqual([200, 200, 200])
  const refused = [
    await minji.ask('POST', '/api/posts', '{"content":"x"}', plain),
    await ask(
      'POST',
      '/api/authentication/login',
      `{"email":"${minji.email}","password":"${minji.password}"}`,
      plain,
    ),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    Array(2).fill([415, 'UNSUPPORTED_MEDIA_TYPE']),
  )
})

test('members of a body that the contract does not know are ignored', async () => {
  const { status, body } = await minji.ask('POST', '/api/posts', {
    content: 'x',
    title: '',
    imageUrls: ['a'],
    authorId: 1,
    tags: null,
  })
  expect([status, body.data.authorId]).toEqual([201, minji.id])
})

test('comments with parentId null are top level', async () => {
  const post = (await minji.ask('POST', '/api/posts', { content: 'x' })).body.data.id
  const { status, body } = await sora.ask('POST', '/api/comments', {
    postId: post,
    content: 'c',
    parentId: null,
  })
  expect([status, body.data.depth, body.data.parentId]).toEqual([201, 0, null])
})

test('every path is the same with and without one trailing slash', async () => {
  for (const path of [
    '/api/timeline/posts/followings',
    '/api/members/profile',
    '/api/search/posts',
    '/api/member-activities',
    '/api/activity',
  ]) {
    const query = path.includes('search') ? '?keyword=x' : ''
    expect([
      path,
      (await minji.ask('GET', `${path}/${query}`)).status,
      (await minji.ask('GET', `${path}${query}`)).status,
    ]).toEqual([path, 200, 200])
  }
})

test('/api/proxy/<rest> is /api/<rest>, once; nested it is 404', async () => {
  expect((await minji.ask('GET', '/api/proxy/timeline/posts')).status).toBe(200)
  expect(
    (await ask('POST', '/api/proxy/token/refresh', undefined, { cookie: minji.cookie })).status,
  ).toBe(200)
  const nested = await minji.ask('GET', '/api/proxy/proxy/timeline/posts')
  expect([nested.status, nested.body.code]).toEqual([404, 'NOT_FOUND'])
})

test('an avatar’s address is kept and returned byte for byte, also in its /api/proxy form, and the image is deleted by it', async () => {
  const form = new FormData()
  form.append('image', new Blob([png(80, 40)], { type: 'image/png' }), 'a.png')
  const id = (await sora.ask('POST', '/api/images/upload', form)).body.data as string
  const address = `/api/proxy/images/view/${id}`
  expect(
    (await sora.ask('PUT', '/api/members/profile', { avatarUrl: address })).body.data.avatarUrl,
  ).toBe(address)
  expect((await ask('GET', `${address}?thumbnail=true`)).status).toBe(200)
  const foreign = await minji.ask('POST', '/api/images/view/command/delete/in', {
    imageUrls: [address],
  })
  expect([foreign.status, foreign.body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(
    (await sora.ask('POST', '/api/images/view/command/delete/in', { imageUrls: [address] })).body
      .data,
  ).toBe(true)
  expect((await ask('GET', address)).status).toBe(404)
  expect(
    (await sora.ask('PUT', '/api/members/profile', { avatarUrl: 'no-image' })).body.data.avatarUrl,
  ).toBeNull()
})

test('the two token headers stand on 401 alone, and on a missing bearer neither does', async () => {
  const answers = [
    await minji.ask('GET', '/api/timeline/posts/999999'),
    await minji.ask('POST', '/api/posts', {}),
    await ask('GET', '/api/timeline/posts'),
    await ask('POST', '/api/authentication/login', { email: minji.email, password: 'wrong' }),
    await sora.ask('DELETE', '/api/authentication/deactivate', { password: 'wrong' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 400, 401, 401, 403])
  for (const { headers } of answers)
    expect([headers.get('x-token-refresh-needed'), headers.get('x-relogin-required')]).toEqual([
      null,
      null,
    ])
  const forged = await ask('GET', '/api/timeline/posts', undefined, {
    authorization: 'Bearer a.b.c',
  })
  expect([
    forged.status,
    forged.body.code,
    forged.headers.get('x-relogin-required'),
    forged.headers.get('x-token-refresh-needed'),
  ]).toEqual([401, 'INVALID_TOKEN', 'true', null])
})

test('a frontend on localhost:3000 may read the headers that it needs, and no other origin may', async () => {
  const { headers } = await minji.ask('GET', '/api/timeline/posts', undefined, {
    origin: 'http://localhost:3000',
  })
  expect(headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
  expect(headers.get('access-control-allow-credentials')).toBe('true')
  for (const name of [
    'Authorization',
    'X-Token-Refresh-Needed',
    'X-Relogin-Required',
    'Retry-After',
    'X-Request-Id',
  ])
    expect(headers.get('access-control-expose-headers')).toContain(name)
  for (const origin of [
    'https://evil.example',
    'http://localhost:3000.evil.example',
    'null',
    'http://localhost:3002',
  ]) {
    expect(
      (await minji.ask('GET', '/api/timeline/posts', undefined, { origin })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull()
  }
  const preflight = await ask('OPTIONS', '/api/posts', undefined, {
    origin: 'http://localhost:3000',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization,content-type',
  })
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
})

test('X-Request-Id is taken where it is harmless, made where it is not, and returned; traceparent is carried to the failure', async () => {
  expect(
    (await minji.ask('GET', '/api/members', undefined, { 'x-request-id': 'abc-123' })).headers.get(
      'x-request-id',
    ),
  ).toBe('abc-123')
  expect(
    (await minji.ask('GET', '/api/members', undefined, { 'x-request-id': 'a b"c' })).headers.get(
      'x-request-id',
    ),
  ).toMatch(/^[\w-]{16,}$/)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(
    (
      await minji.ask('GET', '/api/timeline/posts/999999', undefined, {
        traceparent: `00-${trace}-00f067aa0ba902b7-01`,
      })
    ).body.traceId,
  ).toBe(trace)
})

test('lists answer the shapes of the contract: scroll page without totals, page with them', async () => {
  const scroll = await minji.ask('GET', '/api/timeline/posts')
  expect(Object.keys(scroll.body.data).sort()).toEqual([
    'content',
    'hasNext',
    'nextCursor',
    'page',
    'size',
  ])
  const page = await minji.ask(
    'GET',
    '/api/timeline/posts/date-range?startDate=2026-01-01&endDate=2030-12-31',
  )
  for (const key of [
    'content',
    'page',
    'size',
    'totalElements',
    'totalPages',
    'first',
    'last',
    'hasNext',
    'hasPrevious',
  ])
    expect(page.body.data).toHaveProperty(key)
  const wrong = await minji.ask(
    'GET',
    '/api/timeline/posts/date-range?startDate=2026-13-01&endDate=x',
  )
  expect([wrong.status, wrong.body.code]).toEqual([400, 'VALIDATION_FAILED'])
})

test('followers and followings answer both scrolls, and the counts are integers', async () => {
  const { body } = await minji.ask('GET', `/api/members/${minji.id}/followers-followings`)
  expect(Object.keys(body.data)).toEqual(['followers', 'followings'])
  expect(body.data.followers.content[0]).toMatchObject({
    memberId: sora.id,
    memberHandle: sora.handle,
    handle: sora.handle,
  })
  const profile = (await minji.ask('GET', '/api/members/profile')).body.data
  expect([profile.followersCount, profile.followingsCount, profile.followingCount]).toEqual([
    1, 0, 0,
  ])
})

test('the count queries of search answer one entry for each id asked for', async () => {
  const post = (await minji.ask('POST', '/api/posts', { content: 'counted' })).body.data.id
  await sora.ask('POST', `/api/posts/${post}/like`)
  await sora.ask('POST', '/api/comments', { postId: post, content: 'c' })
  expect(
    (await minji.ask('POST', '/api/search/posts/like/query/count/in', { postPks: [post] })).body
      .data,
  ).toEqual([{ postPk: post, likeCount: 1 }])
  expect(
    (await minji.ask('POST', '/api/search/posts/comments/query/count/in', { postPks: [post] })).body
      .data,
  ).toEqual([{ postPk: post, commentCount: 1 }])
})

test('the founding way in for activities takes true acts of the caller alone, and answers true 201', async () => {
  const post = (await minji.ask('POST', '/api/posts', { content: 'reported' })).body.data.id
  const report = { memberId: minji.id, postId: post, activityType: 'POST_CREATE' }
  const mine = await minji.ask('POST', '/api/member-activities/posts', report)
  expect([mine.status, mine.body.data]).toEqual([201, true])
  const forAnother = await sora.ask('POST', '/api/activity/posts', report)
  expect([forAnother.status, forAnother.body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  const wrongType = await minji.ask('POST', '/api/member-activities/posts', {
    ...report,
    activityType: 'LIKE_POST',
  })
  expect([wrongType.status, wrongType.body.code]).toEqual([400, 'VALIDATION_FAILED'])
})
