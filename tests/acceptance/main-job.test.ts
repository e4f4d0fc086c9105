import { beforeAll, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from '../http-client.ts'
import { gateway, type Member, newMember } from './client.ts'
import { png } from './png.ts'

/** The main job of the product (docs/main-job.md), step by step, with three members. */
let minji: Member
let sora: Member
let junho: Member

beforeAll(async () => {
  ;[minji, sora, junho] = [await newMember(), await newMember(), await newMember()]
})

test('login answers a summary, a token in the header and an HttpOnly refresh cookie', async () => {
  const { status, body, headers } = await ask(gateway(), {
    url: '/api/authentication/login',
    body: {
      email: minji.email.toUpperCase(),
      password: minji.password,
    },
  })
  expect(status).toBe(200)
  expect(body.data).toMatchObject({
    memberId: minji.id,
    memberHandle: minji.handle,
    handle: minji.handle,
    avatarUrl: null,
  })
  expect(headers.get('authorization')).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)
  expect(headers.get('set-cookie')).toMatch(/^refresh_token=[^;]+;.*HttpOnly/)
  expect(headers.get('set-cookie')).toMatch(/SameSite=Strict/)
})

test('a follow shows in the counts at once; repeated it is 409, of oneself 400, an absent one 404', async () => {
  expect(
    (await ask(minji, { method: 'POST', url: `/api/members/follow/${sora.id}` })).body.data,
  ).toBe(true)
  const profile = await ask(minji, { url: `/api/members/profile/@${sora.handle}` })
  expect(profile.body.data).toMatchObject({
    memberId: sora.id,
    followersCount: 1,
    followingsCount: 0,
    followingCount: 0,
  })
  expect(profile.body.data).not.toHaveProperty('email')
  const again = await ask(minji, { method: 'POST', url: `/api/members/follow/${sora.id}` })
  const self = await ask(minji, { method: 'POST', url: `/api/members/follow/${minji.id}` })
  const nobody = await ask(minji, { method: 'DELETE', url: `/api/members/follow/${junho.id}` })
  expect([again, self, nobody].map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'FOLLOW_RELATIONSHIP_ALREADY_EXISTS'],
    [400, 'FOLLOW_SELF_NOT_ALLOWED'],
    [404, 'FOLLOW_RELATIONSHIP_NOT_FOUND'],
  ])
  expect(self.body.message).toContain('자기')
})

test('recommendations contain only members who are not yet followed', async () => {
  const { body } = await ask(minji, { url: '/api/members/follow/recommend/newbie?size=100' })
  const ids = body.data.content.map(({ memberId }: { memberId: number }) => memberId)
  expect(ids).toContain(junho.id)
  expect(ids).not.toContain(sora.id)
  expect(ids).not.toContain(minji.id)
  expect(body.data).toHaveProperty('totalElements')
})

test('the following feed shows a followed member’s post at once, and no post of others', async () => {
  const { body: made } = await ask(sora, {
    url: '/api/posts',
    body: {
      title: '저녁',
      content: '오늘 저녁은 김치찌개',
    },
  })
  await ask(junho, { url: '/api/posts', body: { content: 'not for minji' } })
  const { body } = await ask(minji, { url: '/api/timeline/posts/followings' })
  expect(body.data.content.map(({ id }: { id: number }) => id)).toEqual([made.data.id])
  expect(body.data.content[0]).toMatchObject({
    title: '저녁',
    authorHandle: sora.handle,
    liked: false,
    likeCount: 0,
    commentCount: 0,
  })
  expect(body.data).toMatchObject({ page: 0, size: 20, hasNext: false, nextCursor: null })
})

test('likes, comments and replies show in the next read of post, comments and statistics', async () => {
  const post = (await ask(sora, { url: '/api/posts', body: { content: '댓글 달아 주세요' } })).body
    .data.id
  await ask(minji, { method: 'POST', url: `/api/posts/${post}/like` })
  const comment = (
    await ask(minji, {
      url: '/api/comments',
      body: { postId: post, content: '맛있겠다', parentId: null },
    })
  ).body.data.id
  const reply = (
    await ask(sora, {
      url: '/api/comments/replies',
      body: {
        postId: post,
        content: '네!',
        parentId: comment,
      },
    })
  ).body.data.id
  const deepest = await ask(minji, {
    url: '/api/comments',
    body: {
      postId: post,
      content: '저도요',
      parentId: reply,
    },
  })
  expect(deepest.body.data.depth).toBe(2)
  const seen = await ask(minji, { url: `/api/timeline/posts/${post}` })
  expect(seen.body.data).toMatchObject({ liked: true, likeCount: 1, commentCount: 3 })
  const comments = await ask(minji, { url: `/api/timeline/posts/${post}/comments` })
  expect(comments.body.data.content).toMatchObject([
    { id: comment, replyCount: 1, depth: 0, parentId: null },
  ])
  expect(comments.body.data.size).toBe(100)
  const replies = await ask(minji, { url: `/api/timeline/comments/${comment}/replies` })
  expect(replies.body.data.content).toMatchObject([
    { id: reply, parentId: comment, depth: 1, replyCount: 1 },
  ])
  const statistics = await ask(minji, { url: `/api/timeline/statistics/posts/${post}` })
  expect(statistics.body.data).toEqual({ commentCount: 3, likeCount: 1 })
})

test('an edit shows at once with a later updatedAt; a deleted post leaves every list and is 404', async () => {
  const post = (await ask(sora, { url: '/api/posts', body: { content: '처음' } })).body.data.id
  await ask(sora, { method: 'PUT', url: `/api/posts/${post}`, body: { content: '고침' } })
  const edited = await ask(minji, { url: `/api/timeline/posts/${post}` })
  expect(edited.body.data.content).toBe('고침')
  expect(edited.body.data.updatedAt > edited.body.data.createdAt).toBe(true)
  await ask(sora, { method: 'DELETE', url: `/api/posts/${post}` })
  for (const list of ['followings', 'most-popular', 'most-commented', 'recent-activities']) {
    const { body } = await ask(minji, { url: `/api/timeline/posts/${list}?size=100` })
    expect(
      body.data.content.map(({ id }: { id: number }) => id),
      list,
    ).not.toContain(post)
  }
  const gone = await ask(minji, { url: `/api/timeline/posts/${post}` })
  expect([gone.status, gone.body.code]).toEqual([404, 'POST_NOT_FOUND'])
})

test('a member’s own posts are newest first, and rankings show likes and comments in the next read', async () => {
  const first = (await ask(junho, { url: '/api/posts', body: { content: 'first' } })).body.data.id
  const second = (await ask(junho, { url: '/api/posts', body: { content: 'second' } })).body.data.id
  const mine = await ask(junho, { url: '/api/timeline/posts?size=2' })
  expect(mine.body.data.content.map(({ id }: { id: number }) => id)).toEqual([second, first])
  for (const member of [minji, sora, junho])
    await ask(member, { method: 'POST', url: `/api/posts/${first}/like` })
  for (const text of ['1', '2', '3', '4'])
    await ask(junho, { url: '/api/comments', body: { postId: first, content: text } })
  const isOwn = (id: number) => id === first || id === second
  for (const list of ['most-popular', 'most-commented', 'recent-activities']) {
    const { body } = await ask(junho, { url: `/api/timeline/posts/${list}?size=100` })
    // Other test files write to the same installation at the same time.
    const own = body.data.content.map(({ id }: { id: number }) => id).filter(isOwn)
    expect(own, list).toEqual([first, second])
  }
})

test('a view by another member is counted, a view by the author is not', async () => {
  const post = (await ask(sora, { url: '/api/posts', body: { content: '봐 주세요' } })).body.data.id
  await ask(sora, { url: `/api/timeline/posts/${post}` })
  await ask(minji, { url: `/api/timeline/posts/${post}` })
  await ask(junho, { url: `/api/timeline/posts/${post}` })
  await eventually(
    'two views are counted',
    async () => (await ask(sora, { url: `/api/timeline/posts/${post}` })).body.data.viewCount,
    (views) => views === 2,
  )
})

test('search finds posts and comments by Korean words with particles and by English stems', async () => {
  const word = `시집${Math.random().toString(36).slice(2, 8)}`
  const post = (
    await ask(sora, {
      url: '/api/posts',
      body: {
        title: 'Bookshops',
        content: `${word}을 추천받았다. Browsing through quiet bookshops.`,
      },
    })
  ).body.data.id
  const comment = (
    await ask(minji, {
      url: '/api/comments',
      body: {
        postId: post,
        content: `그 ${word}은 어디서 사나요?`,
      },
    })
  ).body.data.id
  const keyword = encodeURIComponent(word)
  const search = async (list: 'posts' | 'comments') =>
    (await ask(junho, { url: `/api/search/${list}?keyword=${keyword}` })).body.data
  const found = await eventually(
    'the post is found',
    () => search('posts'),
    ({ content }) => content.length > 0,
  )
  expect(found).toMatchObject({
    totalElements: 1,
    content: [{ id: post, authorHandle: sora.handle }],
  })
  const english = await ask(junho, {
    url: `/api/search/posts/?keyword=bookshop+browse+from:${sora.handle}`,
  })
  expect(english.body.data.content.map(({ id }: { id: number }) => id)).toContain(post)
  const comments = await eventually(
    'the comment is found',
    () => search('comments'),
    ({ content }) => content.length > 0,
  )
  expect(comments.content).toMatchObject([{ id: comment, postTitle: 'Bookshops' }])
  await ask(sora, { method: 'DELETE', url: `/api/posts/${post}` })
  const after = await ask(junho, { url: `/api/search/posts?keyword=${encodeURIComponent(word)}` })
  expect(after.body.data.totalElements).toBe(0)
})

test('a profile picture is uploaded, re-encoded, shown in feeds, and replaced', async () => {
  const upload = async () => {
    const form = new FormData()
    form.append('image', new Blob([png(64, 64)], { type: 'image/png' }), 'me.png')
    const { status, body } = await ask(sora, { url: '/api/images/upload/profile', body: form })
    expect(status).toBe(201)
    return body.data as string
  }
  const first = await upload()
  const address = `/api/images/view/${first}`
  const saved = await ask(sora, {
    method: 'PUT',
    url: '/api/members/profile',
    body: { avatarUrl: address },
  })
  expect(saved.body.data.avatarUrl).toBe(address)
  const feed = await ask(minji, { url: '/api/timeline/posts/followings' })
  expect(feed.body.data.content[0].authorAvatarUrl).toBe(address)
  const image = await ask(gateway(), { url: `${address}?thumbnail=true` })
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/webp'])
  expect((await ask(gateway(), { url: `/api/proxy${address.slice(4)}` })).status).toBe(200)
  const second = await upload()
  await ask(sora, {
    method: 'PUT',
    url: '/api/members/profile',
    body: {
      avatarUrl: `/api/images/view/${second}`,
      previousAvatarUrl: [address],
    },
  })
  await eventually(
    'the replaced picture is deleted',
    async () => (await ask(gateway(), { url: address })).status,
    (status) => status === 404,
  )
  expect((await ask(gateway(), { url: `/api/images/view/${second}` })).status).toBe(200)
})

test('activities are recorded and shown to followers', async () => {
  const post = (await ask(sora, { url: '/api/posts', body: { content: '기록될 글' } })).body.data.id
  await ask(sora, { method: 'POST', url: `/api/posts/${post}/like` })
  const readTypes = async (): Promise<string[]> => {
    const { body } = await ask(minji, { url: '/api/member-activities/followings' })
    return body.data.content
      .filter(({ postId }: { postId: number }) => postId === post)
      .map(({ memberActivityType }: { memberActivityType: string }) => memberActivityType)
      .sort()
  }
  const types = await eventually(
    'both activities are listed',
    readTypes,
    ({ length }) => length === 2,
  )
  expect(types).toEqual(['LIKE_POST', 'POST_CREATE'])
})

test('refresh rotates the cookie and issues a token; reuse of the old cookie ends the session', async () => {
  const leah = await newMember()
  const first = await ask(gateway(), {
    method: 'POST',
    url: '/api/token/refresh',
    headers: { cookie: leah.cookie },
  })
  expect([first.status, first.body.data]).toEqual([200, true])
  const rotated = (first.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  expect(rotated).not.toBe(leah.cookie)
  const second = await ask(gateway(), {
    method: 'POST',
    url: '/api/authentication/refresh',
    headers: { cookie: rotated },
  })
  expect(second.body.data).toMatchObject({ accessToken: expect.any(String), expiresIn: 900 })
  const reused = await ask(gateway(), {
    method: 'POST',
    url: '/api/token/refresh',
    headers: { cookie: leah.cookie },
  })
  expect([reused.status, reused.body.code, reused.headers.get('x-relogin-required')]).toEqual([
    401,
    'MEMBER_UNAUTHORIZED',
    'true',
  ])
  const dead = await ask(gateway(), {
    as: second.headers.get('authorization') ?? '',
    url: '/api/timeline/posts',
  })
  expect([dead.status, dead.headers.get('x-relogin-required')]).toEqual([401, 'true'])
})

test('after logout every service refuses the token at once, and the cookie cannot refresh', async () => {
  const leah = await newMember()
  const urls = [
    '/api/members',
    '/api/timeline/posts',
    '/api/search/posts?keyword=x',
    '/api/member-activities',
    '/api/notifications',
  ]
  for (const url of urls) expect([url, (await ask(leah, { url })).status]).toEqual([url, 200])
  const cookie = { cookie: leah.cookie }
  const logout = { method: 'POST', url: '/api/authentication/logout', headers: cookie } as const
  expect((await ask(leah, logout)).body.data).toBe(true)
  for (const url of urls) {
    const { status, body, headers } = await ask(leah, { url })
    expect([url, status, body.code, headers.get('x-relogin-required')]).toEqual([
      url,
      401,
      'MEMBER_UNAUTHORIZED',
      'true',
    ])
  }
  expect((await ask(leah, { url: '/api/posts', body: { content: 'x' } })).status).toBe(401)
  const refresh = { method: 'POST', url: '/api/token/refresh', headers: cookie } as const
  expect((await ask(gateway(), refresh)).status).toBe(401)
})
