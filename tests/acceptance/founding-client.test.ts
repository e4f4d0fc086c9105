import { beforeAll, expect, test } from 'vitest'
import { ask } from '../http-client.ts'
import { gateway, type Member, newMember } from './client.ts'
import { png } from './png.ts'

/**
 * A client written for the founding system (docs/origin.md) works unchanged: bodies, content types,
 * paths, headers and image addresses.
 */
let minji: Member
let sora: Member
beforeAll(async () => {
  ;[minji, sora] = [await newMember(), await newMember()]
})

const json = { 'content-type': 'application/json' }

test('GET, POST and DELETE without a body but labelled application/json are accepted', async () => {
  const { body: made } = await ask(minji, { url: '/api/posts', body: { content: 'x' } })
  expect((await ask(minji, { url: '/api/timeline/posts', headers: json })).status).toBe(200)
  expect(
    (await ask(sora, { url: `/api/posts/${made.data.id}/like`, body: '', headers: json })).status,
  ).toBe(200)
  expect(
    (
      await ask(sora, {
        method: 'DELETE',
        url: `/api/posts/${made.data.id}/like`,
        body: '',
        headers: json,
      })
    ).status,
  ).toBe(200)
  expect(
    (await ask(sora, { url: `/api/members/follow/${minji.id}`, body: '', headers: json })).status,
  ).toBe(200)
  expect(
    (
      await ask(minji, {
        method: 'DELETE',
        url: `/api/posts/${made.data.id}`,
        body: '',
        headers: json,
      })
    ).status,
  ).toBe(200)
})

test('JSON labelled text/plain is accepted by profile, handle and image deletion only', async () => {
  const plain = { 'content-type': 'text/plain;charset=UTF-8' }
  const accepted = [
    await ask(minji, {
      method: 'PUT',
      url: '/api/members/profile',
      body: '{"bio":"안녕"}',
      headers: plain,
    }),
    await ask(minji, {
      method: 'PUT',
      url: '/api/members/profile/handle',
      body: `{"newHandle":"${minji.handle}x"}`,
      headers: plain,
    }),
    await ask(minji, {
      url: '/api/images/view/command/delete/in',
      body: '{"imageUrls":[]}',
      headers: plain,
    }),
  ]
  expect(accepted.map(({ status }) => status)).toEqual([200, 200, 200])
  const refused = [
    await ask(minji, { url: '/api/posts', body: '{"content":"x"}', headers: plain }),
    await ask(gateway(), {
      url: '/api/authentication/login',
      body: `{"email":"${minji.email}","password":"${minji.password}"}`,
      headers: plain,
    }),
  ]
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    Array(2).fill([415, 'UNSUPPORTED_MEDIA_TYPE']),
  )
})

test('unknown fields of a body are ignored', async () => {
  const { status, body } = await ask(minji, {
    url: '/api/posts',
    body: {
      content: 'x',
      title: '',
      imageUrls: ['a'],
      authorId: 1,
      tags: null,
    },
  })
  expect([status, body.data.authorId]).toEqual([201, minji.id])
})

test('comments with parentId null are top level', async () => {
  const post = (await ask(minji, { url: '/api/posts', body: { content: 'x' } })).body.data.id
  const { status, body } = await ask(sora, {
    url: '/api/comments',
    body: {
      postId: post,
      content: 'c',
      parentId: null,
    },
  })
  expect([status, body.data.depth, body.data.parentId]).toEqual([201, 0, null])
})

test('every path answers the same with and without one trailing slash', async () => {
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
      (await ask(minji, { url: `${path}/${query}` })).status,
      (await ask(minji, { url: `${path}${query}` })).status,
    ]).toEqual([path, 200, 200])
  }
})

test('/api/proxy/<rest> is an alias of /api/<rest>; nested it answers 404', async () => {
  expect((await ask(minji, { url: '/api/proxy/timeline/posts' })).status).toBe(200)
  expect(
    (
      await ask(gateway(), {
        method: 'POST',
        url: '/api/proxy/token/refresh',
        headers: { cookie: minji.cookie },
      })
    ).status,
  ).toBe(200)
  const nested = await ask(minji, { url: '/api/proxy/proxy/timeline/posts' })
  expect([nested.status, nested.body.code]).toEqual([404, 'NOT_FOUND'])
})

test('an avatar’s /api/proxy address is stored byte for byte, and its owner deletes the image by it', async () => {
  const form = new FormData()
  form.append('image', new Blob([png(80, 40)], { type: 'image/png' }), 'a.png')
  const id = (await ask(sora, { url: '/api/images/upload', body: form })).body.data as string
  const address = `/api/proxy/images/view/${id}`
  expect(
    (await ask(sora, { method: 'PUT', url: '/api/members/profile', body: { avatarUrl: address } }))
      .body.data.avatarUrl,
  ).toBe(address)
  expect((await ask(gateway(), { url: `${address}?thumbnail=true` })).status).toBe(200)
  const foreign = await ask(minji, {
    url: '/api/images/view/command/delete/in',
    body: {
      imageUrls: [address],
    },
  })
  expect([foreign.status, foreign.body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect(
    (await ask(sora, { url: '/api/images/view/command/delete/in', body: { imageUrls: [address] } }))
      .body.data,
  ).toBe(true)
  expect((await ask(gateway(), { url: address })).status).toBe(404)
  expect(
    (
      await ask(sora, {
        method: 'PUT',
        url: '/api/members/profile',
        body: { avatarUrl: 'no-image' },
      })
    ).body.data.avatarUrl,
  ).toBeNull()
})

test('the two token headers appear on 401 only, and neither where no token was sent', async () => {
  const answers = [
    await ask(minji, { url: '/api/timeline/posts/999999' }),
    await ask(minji, { url: '/api/posts', body: {} }),
    await ask(gateway(), { url: '/api/timeline/posts' }),
    await ask(gateway(), {
      url: '/api/authentication/login',
      body: { email: minji.email, password: 'wrong' },
    }),
    await ask(sora, {
      method: 'DELETE',
      url: '/api/authentication/deactivate',
      body: { password: 'wrong' },
    }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 400, 401, 401, 403])
  for (const { headers } of answers)
    expect([headers.get('x-token-refresh-needed'), headers.get('x-relogin-required')]).toEqual([
      null,
      null,
    ])
  const forged = await ask(gateway(), { as: 'Bearer a.b.c', url: '/api/timeline/posts' })
  expect([
    forged.status,
    forged.body.code,
    forged.headers.get('x-relogin-required'),
    forged.headers.get('x-token-refresh-needed'),
  ]).toEqual([401, 'INVALID_TOKEN', 'true', null])
})

test('a frontend on localhost:3000 may read the headers it needs; other origins may not', async () => {
  const { headers } = await ask(minji, {
    url: '/api/timeline/posts',
    headers: {
      origin: 'http://localhost:3000',
    },
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
      (await ask(minji, { url: '/api/timeline/posts', headers: { origin } })).headers.get(
        'access-control-allow-origin',
      ),
    ).toBeNull()
  }
  const preflight = await ask(gateway(), {
    method: 'OPTIONS',
    url: '/api/posts',
    headers: {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT')
})

test('a harmless X-Request-Id is returned, another is replaced; traceparent reaches the failure', async () => {
  expect(
    (await ask(minji, { url: '/api/members', headers: { 'x-request-id': 'abc-123' } })).headers.get(
      'x-request-id',
    ),
  ).toBe('abc-123')
  expect(
    (await ask(minji, { url: '/api/members', headers: { 'x-request-id': 'a b"c' } })).headers.get(
      'x-request-id',
    ),
  ).toMatch(/^[\w-]{16,}$/)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(
    (
      await ask(minji, {
        url: '/api/timeline/posts/999999',
        headers: {
          traceparent: `00-${trace}-00f067aa0ba902b7-01`,
        },
      })
    ).body.traceId,
  ).toBe(trace)
})

test('lists have the shapes of the contract: scroll pages without totals, pages with totals', async () => {
  const scroll = await ask(minji, { url: '/api/timeline/posts' })
  expect(Object.keys(scroll.body.data).sort()).toEqual([
    'content',
    'hasNext',
    'nextCursor',
    'page',
    'size',
  ])
  const page = await ask(minji, {
    url: '/api/timeline/posts/date-range?startDate=2026-01-01&endDate=2030-12-31',
  })
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
  const wrong = await ask(minji, {
    url: '/api/timeline/posts/date-range?startDate=2026-13-01&endDate=x',
  })
  expect([wrong.status, wrong.body.code]).toEqual([400, 'VALIDATION_FAILED'])
})

test('followers-followings answers both scroll pages, and the counts are integers', async () => {
  const { body } = await ask(minji, { url: `/api/members/${minji.id}/followers-followings` })
  expect(Object.keys(body.data)).toEqual(['followers', 'followings'])
  expect(body.data.followers.content[0]).toMatchObject({
    memberId: sora.id,
    memberHandle: sora.handle,
    handle: sora.handle,
  })
  const profile = (await ask(minji, { url: '/api/members/profile' })).body.data
  expect([profile.followersCount, profile.followingsCount, profile.followingCount]).toEqual([
    1, 0, 0,
  ])
})

test('the count queries of search answer one entry per requested id', async () => {
  const post = (await ask(minji, { url: '/api/posts', body: { content: 'counted' } })).body.data.id
  await ask(sora, { method: 'POST', url: `/api/posts/${post}/like` })
  await ask(sora, { url: '/api/comments', body: { postId: post, content: 'c' } })
  expect(
    (await ask(minji, { url: '/api/search/posts/like/query/count/in', body: { postPks: [post] } }))
      .body.data,
  ).toEqual([{ postPk: post, likeCount: 1 }])
  expect(
    (
      await ask(minji, {
        url: '/api/search/posts/comments/query/count/in',
        body: { postPks: [post] },
      })
    ).body.data,
  ).toEqual([{ postPk: post, commentCount: 1 }])
})

test('the founding route for activities accepts only true actions of the caller, with 201', async () => {
  const post = (await ask(minji, { url: '/api/posts', body: { content: 'reported' } })).body.data.id
  const report = { memberId: minji.id, postId: post, activityType: 'POST_CREATE' }
  const mine = await ask(minji, { url: '/api/member-activities/posts', body: report })
  expect([mine.status, mine.body.data]).toEqual([201, true])
  const forAnother = await ask(sora, { url: '/api/activity/posts', body: report })
  expect([forAnother.status, forAnother.body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  const wrongType = await ask(minji, {
    url: '/api/member-activities/posts',
    body: {
      ...report,
      activityType: 'LIKE_POST',
    },
  })
  expect([wrongType.status, wrongType.body.code]).toEqual([400, 'VALIDATION_FAILED'])
})
