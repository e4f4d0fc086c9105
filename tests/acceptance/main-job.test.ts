import { beforeAll, expect, test } from 'vitest'
import { ask, eventually, type Member, newMember } from './client.ts'
import { png } from './png.ts'

/** The whole main job, step by step, as one member and their neighbours live it. */
let minji: Member
let sora: Member
let junho: Member

beforeAll(async () => {
  ;[minji, sora, junho] = [await newMember(), await newMember(), await newMember()]
})

test('login answers a summary, a bearer in the header and an httpOnly refresh cookie', async () => {
  const { status, body, headers } = await ask('POST', '/api/authentication/login', {
    email: minji.email.toUpperCase(),
    password: minji.password,
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

test('follow shows in the profile’s counts at once; following twice is 409, oneself 400, unfollowing nobody 404', async () => {
  expect((await minji.ask('POST', `/api/members/follow/${sora.id}`)).body.data).toBe(true)
  const profile = await minji.ask('GET', `/api/members/profile/@${sora.handle}`)
  expect(profile.body.data).toMatchObject({
    memberId: sora.id,
    followersCount: 1,
    followingsCount: 0,
    followingCount: 0,
  })
  expect(profile.body.data).not.toHaveProperty('email')
  const again = await minji.ask('POST', `/api/members/follow/${sora.id}`)
  const self = await minji.ask('POST', `/api/members/follow/${minji.id}`)
  const nobody = await minji.ask('DELETE', `/api/members/follow/${junho.id}`)
  expect([again, self, nobody].map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'FOLLOW_RELATIONSHIP_ALREADY_EXISTS'],
    [400, 'FOLLOW_SELF_NOT_ALLOWED'],
    [404, 'FOLLOW_RELATIONSHIP_NOT_FOUND'],
  ])
  expect(self.body.message).toContain('자기')
})

test('recommended members are those not yet followed', async () => {
  const { body } = await minji.ask('GET', '/api/members/follow/recommend/newbie?size=100')
  const ids = body.data.content.map(({ memberId }: { memberId: number }) => memberId)
  expect(ids).toContain(junho.id)
  expect(ids).not.toContain(sora.id)
  expect(ids).not.toContain(minji.id)
  expect(body.data).toHaveProperty('totalElements')
})

test('a post by a followed member is in the following feed at once, and another’s is not', async () => {
  const { body: made } = await sora.ask('POST', '/api/posts', {
    title: '저녁',
    content: '오늘 저녁은 김치찌개',
  })
  await junho.ask('POST', '/api/posts', { content: 'not for minji' })
  const { body } = await minji.ask('GET', '/api/timeline/posts/followings')
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

test('like, comment, reply and reply to a reply show in the very next read of post, comments and statistics', async () => {
  const post = (await sora.ask('POST', '/api/posts', { content: '댓글 달아 주세요' })).body.data.id
  await minji.ask('POST', `/api/posts/${post}/like`)
  const comment = (
    await minji.ask('POST', '/api/comments', { postId: post, content: '맛있겠다', parentId: null })
  ).body.data.id
  const reply = (
    await sora.ask('POST', '/api/comments/replies', {
      postId: post,
      content: '네!',
      parentId: comment,
    })
  ).body.data.id
  const deepest = await minji.ask('POST', '/api/comments', {
    postId: post,
    content: '저도요',
    parentId: reply,
  })
  expect(deepest.body.data.depth).toBe(2)
  const seen = await minji.ask('GET', `/api/timeline/posts/${post}`)
  expect(seen.body.data).toMatchObject({ liked: true, likeCount: 1, commentCount: 3 })
  const comments = await minji.ask('GET', `/api/timeline/posts/${post}/comments`)
  expect(comments.body.data.content).toMatchObject([
    { id: comment, replyCount: 1, depth: 0, parentId: null },
  ])
  expect(comments.body.data.size).toBe(100)
  const replies = await minji.ask('GET', `/api/timeline/comments/${comment}/replies`)
  expect(replies.body.data.content).toMatchObject([
    { id: reply, parentId: comment, depth: 1, replyCount: 1 },
  ])
  const statistics = await minji.ask('GET', `/api/timeline/statistics/posts/${post}`)
  expect(statistics.body.data).toEqual({ commentCount: 3, likeCount: 1 })
})

test('an edit shows at once with a later updatedAt; a deleted post is gone from every list and 404', async () => {
  const post = (await sora.ask('POST', '/api/posts', { content: '처음' })).body.data.id
  await sora.ask('PUT', `/api/posts/${post}`, { content: '고침' })
  const edited = await minji.ask('GET', `/api/timeline/posts/${post}`)
  expect(edited.body.data.content).toBe('고침')
  expect(edited.body.data.updatedAt > edited.body.data.createdAt).toBe(true)
  await sora.ask('DELETE', `/api/posts/${post}`)
  for (const list of ['followings', 'most-popular', 'most-commented', 'recent-activities']) {
    const { body } = await minji.ask('GET', `/api/timeline/posts/${list}?size=100`)
    expect(
      body.data.content.map(({ id }: { id: number }) => id),
      list,
    ).not.toContain(post)
  }
  const gone = await minji.ask('GET', `/api/timeline/posts/${post}`)
  expect([gone.status, gone.body.code]).toEqual([404, 'POST_NOT_FOUND'])
})

test('my feed is mine alone, newest first, and the rankings show my own like and comment in the very next read', async () => {
  const first = (await junho.ask('POST', '/api/posts', { content: 'first' })).body.data.id
  const second = (await junho.ask('POST', '/api/posts', { content: 'second' })).body.data.id
  const mine = await junho.ask('GET', '/api/timeline/posts?size=2')
  expect(mine.body.data.content.map(({ id }: { id: number }) => id)).toEqual([second, first])
  for (const member of [minji, sora, junho]) await member.ask('POST', `/api/posts/${first}/like`)
  for (const text of ['1', '2', '3', '4'])
    await junho.ask('POST', '/api/comments', { postId: first, content: text })
  for (const list of ['most-popular', 'most-commented', 'recent-activities']) {
    const { body } = await junho.ask('GET', `/api/timeline/posts/${list}`)
    expect(body.data.content[0].id, list).toBe(first)
  }
})

test('a view is counted for somebody else’s look, and not for the author’s', async () => {
  const post = (await sora.ask('POST', '/api/posts', { content: '봐 주세요' })).body.data.id
  await sora.ask('GET', `/api/timeline/posts/${post}`)
  await minji.ask('GET', `/api/timeline/posts/${post}`)
  await junho.ask('GET', `/api/timeline/posts/${post}`)
  await eventually(
    async () => (await sora.ask('GET', `/api/timeline/posts/${post}`)).body.data.viewCount === 2,
  )
})

test('search finds a post and a comment by Korean words with particles and by English stems', async () => {
  const word = `시집${Math.random().toString(36).slice(2, 8)}`
  const post = (
    await sora.ask('POST', '/api/posts', {
      title: 'Bookshops',
      content: `${word}을 추천받았다. Walking through quiet bookshops.`,
    })
  ).body.data.id
  const comment = (
    await minji.ask('POST', '/api/comments', {
      postId: post,
      content: `그 ${word}은 어디서 사나요?`,
    })
  ).body.data.id
  const found = await eventually(async () => {
    const { body } = await junho.ask('GET', `/api/search/posts?keyword=${encodeURIComponent(word)}`)
    return body.data.content.length > 0 && body.data
  })
  expect(found).toMatchObject({
    totalElements: 1,
    content: [{ id: post, authorHandle: sora.handle }],
  })
  const english = await junho.ask(
    'GET',
    `/api/search/posts/?keyword=bookshop+walk+from:${sora.handle}`,
  )
  expect(english.body.data.content.map(({ id }: { id: number }) => id)).toContain(post)
  const comments = await eventually(async () => {
    const { body } = await junho.ask(
      'GET',
      `/api/search/comments?keyword=${encodeURIComponent(word)}`,
    )
    return body.data.content.length > 0 && body.data
  })
  expect(comments.content).toMatchObject([{ id: comment, postTitle: 'Bookshops' }])
  await sora.ask('DELETE', `/api/posts/${post}`)
  const after = await junho.ask('GET', `/api/search/posts?keyword=${encodeURIComponent(word)}`)
  expect(after.body.data.totalElements).toBe(0)
})

test('a profile picture is uploaded, re-encoded, shown in feeds, and replaced', async () => {
  const upload = async () => {
    const form = new FormData()
    form.append('image', new Blob([png(64, 64)], { type: 'image/png' }), 'me.png')
    const { status, body } = await sora.ask('POST', '/api/images/upload/profile', form)
    expect(status).toBe(201)
    return body.data as string
  }
  const first = await upload()
  const address = `/api/images/view/${first}`
  const saved = await sora.ask('PUT', '/api/members/profile', { avatarUrl: address })
  expect(saved.body.data.avatarUrl).toBe(address)
  const feed = await minji.ask('GET', '/api/timeline/posts/followings')
  expect(feed.body.data.content[0].authorAvatarUrl).toBe(address)
  const image = await ask('GET', `${address}?thumbnail=true`)
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/webp'])
  expect((await ask('GET', `/api/proxy${address.slice(4)}`)).status).toBe(200)
  const second = await upload()
  await sora.ask('PUT', '/api/members/profile', {
    avatarUrl: `/api/images/view/${second}`,
    previousAvatarUrl: [address],
  })
  await eventually(async () => (await ask('GET', address)).status === 404)
  expect((await ask('GET', `/api/images/view/${second}`)).status).toBe(200)
})

test('activities are recorded, and shown to those who follow', async () => {
  const post = (await sora.ask('POST', '/api/posts', { content: '기록될 글' })).body.data.id
  await sora.ask('POST', `/api/posts/${post}/like`)
  const types = await eventually(async () => {
    const { body } = await minji.ask('GET', '/api/member-activities/followings')
    const ofPost = body.data.content
      .filter(({ postId }: { postId: number }) => postId === post)
      .map(({ memberActivityType }: { memberActivityType: string }) => memberActivityType)
    return ofPost.length === 2 && ofPost.sort()
  })
  expect(types).toEqual(['LIKE_POST', 'POST_CREATE'])
})

test('refresh rotates the cookie and gives a new bearer; the old cookie, used again later, ends the session', async () => {
  const leah = await newMember()
  const first = await ask('POST', '/api/token/refresh', undefined, { cookie: leah.cookie })
  expect([first.status, first.body.data]).toEqual([200, true])
  const rotated = (first.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  expect(rotated).not.toBe(leah.cookie)
  const second = await ask('POST', '/api/authentication/refresh', undefined, { cookie: rotated })
  expect(second.body.data).toMatchObject({ accessToken: expect.any(String), expiresIn: 900 })
  const reused = await ask('POST', '/api/token/refresh', undefined, { cookie: leah.cookie })
  expect([reused.status, reused.body.code, reused.headers.get('x-relogin-required')]).toEqual([
    401,
    'MEMBER_UNAUTHORIZED',
    'true',
  ])
  const dead = await ask('GET', '/api/timeline/posts', undefined, {
    authorization: second.headers.get('authorization') ?? '',
  })
  expect([dead.status, dead.headers.get('x-relogin-required')]).toEqual([401, 'true'])
})

test('after logout every service refuses the bearer at once, and the cookie refreshes nothing', async () => {
  const leah = await newMember()
  expect(
    (await leah.ask('POST', '/api/authentication/logout', undefined, { cookie: leah.cookie })).body
      .data,
  ).toBe(true)
  for (const path of [
    '/api/members',
    '/api/timeline/posts',
    '/api/search/posts?keyword=x',
    '/api/member-activities',
    '/api/notifications',
  ]) {
    const { status, body, headers } = await leah.ask('GET', path)
    expect([path, status, body.code, headers.get('x-relogin-required')]).toEqual([
      path,
      401,
      'MEMBER_UNAUTHORIZED',
      'true',
    ])
  }
  expect((await leah.ask('POST', '/api/posts', { content: 'x' })).status).toBe(401)
  expect((await ask('POST', '/api/token/refresh', undefined, { cookie: leah.cookie })).status).toBe(
    401,
  )
})
