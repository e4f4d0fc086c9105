import { beforeAll, expect, test } from 'vitest'
import { type Answer, ask } from '../http-client.ts'
import { gateway, type Member, newMember, PASSWORD } from './client.ts'
import { png } from './png.ts'

/** Through the gateway: every creating POST with an Idempotency-Key has one effect and one answer. */
let minji: Member
let sora: Member
let postId: number
let commentId: number
beforeAll(async () => {
  ;[minji, sora] = [await newMember(), await newMember()]
  postId = (await ask(minji, { url: '/api/posts', body: { content: '한 번만' } })).body.data.id
  commentId = (await ask(minji, { url: '/api/comments', body: { postId, content: '한 번만' } }))
    .body.data.id
})

const picture = (size: number) => {
  const form = new FormData()
  form.set('image', new Blob([png(size, size)], { type: 'image/png' }), 'a.png')
  return form
}

const creations: Record<string, (headers: Record<string, string>) => Promise<Answer>> = {
  '/api/authentication/signup': (headers) =>
    ask(gateway(), {
      url: '/api/authentication/signup',
      body: {
        email: 'once@example.com',
        password: PASSWORD,
        memberName: '한번',
        handle: 'only_once',
      },
      headers,
    }),
  '/api/posts': (headers) => ask(sora, { url: '/api/posts', body: { content: 'once' }, headers }),
  '/api/posts/{postId}/like': (headers) =>
    ask(sora, { method: 'POST', url: `/api/posts/${postId}/like`, headers }),
  '/api/comments': (headers) =>
    ask(sora, { url: '/api/comments', body: { postId, content: 'once' }, headers }),
  '/api/comments/replies': (headers) =>
    ask(sora, {
      url: '/api/comments/replies',
      body: { postId, parentId: commentId, content: 'once' },
      headers,
    }),
  '/api/comments/{commentId}/like': (headers) =>
    ask(sora, { method: 'POST', url: `/api/comments/${commentId}/like`, headers }),
  '/api/members/follow/{memberId}': (headers) =>
    ask(sora, { method: 'POST', url: `/api/members/follow/${minji.id}`, headers }),
  '/api/members/mute/{memberId}': (headers) =>
    ask(sora, { method: 'POST', url: `/api/members/mute/${minji.id}`, headers }),
  '/api/images/upload': (headers) =>
    ask(sora, { url: '/api/images/upload', body: picture(200), headers }),
  '/api/images/upload/profile': (headers) =>
    ask(sora, { url: '/api/images/upload/profile', body: picture(201), headers }),
  '/api/member-activities/posts': (headers) =>
    ask(sora, {
      url: '/api/member-activities/posts',
      body: { memberId: sora.id, postId, activityType: 'POST_READ' },
      headers,
    }),
  '/api/member-activities/comments': (headers) =>
    ask(sora, {
      url: '/api/member-activities/comments',
      body: { memberId: sora.id, postId, commentId, activityType: 'COMMENT_READ' },
      headers,
    }),
  '/api/member-activities/posts/likes': (headers) =>
    ask(sora, {
      url: '/api/member-activities/posts/likes',
      body: { memberId: sora.id, postId, activityType: 'LIKE_POST' },
      headers,
    }),
  '/api/member-activities/comments/likes': (headers) =>
    ask(sora, {
      url: '/api/member-activities/comments/likes',
      body: { memberId: sora.id, postId, commentId, activityType: 'LIKE_COMMENT' },
      headers,
    }),
  '/api/members/block/{memberId}': (headers) =>
    ask(sora, { method: 'POST', url: `/api/members/block/${minji.id}`, headers }),
}

test.each(Object.entries(creations))(
  'POST %s repeated with its Idempotency-Key gets the same answer',
  async (path, create) => {
    const headers = { 'idempotency-key': `twice ${path}` }
    const [first, again] = [await create(headers), await create(headers)]
    expect([path, first.status]).toEqual([path, expect.toBeOneOf([200, 201])])
    expect([again.status, again.body]).toEqual([first.status, first.body])
  },
)

test('the API document names the header at exactly these paths', async () => {
  const { body: document } = await ask(gateway(), { url: '/openapi.json' })
  const documented = Object.entries<{ post?: { parameters?: { name: string; in: string }[] } }>(
    document.paths,
  )
    .filter(([, { post }]) =>
      post?.parameters?.some(
        ({ name, in: location }) => location === 'header' && name === 'idempotency-key',
      ),
    )
    .map(([path]) => path)
  expect(documented.filter((path) => !path.startsWith('/api/activity')).sort()).toEqual(
    Object.keys(creations).sort(),
  )
})

test('another file under the same key answers 422', async () => {
  const headers = { 'idempotency-key': 'two pictures' }
  expect((await ask(sora, { url: '/api/images/upload', body: picture(210), headers })).status).toBe(
    201,
  )
  const other = await ask(sora, { url: '/api/images/upload', body: picture(211), headers })
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
})
