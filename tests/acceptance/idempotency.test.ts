import { beforeAll, expect, test } from 'vitest'
import type { Answer } from '../http-client.ts'
import { ask, type Member, newMember, PASSWORD } from './client.ts'
import { png } from './png.ts'

/** Every POST that creates has, with an Idempotency-Key, one effect and one answer, through the gateway as a client meets it. */
let minji: Member
let sora: Member
let postId: number
let commentId: number
beforeAll(async () => {
  ;[minji, sora] = [await newMember(), await newMember()]
  postId = (await minji.ask('POST', '/api/posts', { content: '한 번만' })).body.data.id
  commentId = (await minji.ask('POST', '/api/comments', { postId, content: '한 번만' })).body.data
    .id
})

const picture = (size: number) => {
  const form = new FormData()
  form.set('image', new Blob([png(size, size)], { type: 'image/png' }), 'a.png')
  return form
}

const creations: Record<string, (headers: Record<string, string>) => Promise<Answer>> = {
  '/api/authentication/signup': (headers) =>
    ask(
      'POST',
      '/api/authentication/signup',
      { email: 'once@example.com', password: PASSWORD, memberName: '한번', handle: 'only_once' },
      headers,
    ),
  '/api/posts': (headers) => sora.ask('POST', '/api/posts', { content: 'once' }, headers),
  '/api/posts/{postId}/like': (headers) =>
    sora.ask('POST', `/api/posts/${postId}/like`, undefined, headers),
  '/api/comments': (headers) =>
    sora.ask('POST', '/api/comments', { postId, content: 'once' }, headers),
  '/api/comments/replies': (headers) =>
    sora.ask(
      'POST',
      '/api/comments/replies',
      { postId, parentId: commentId, content: 'once' },
      headers,
    ),
  '/api/comments/{commentId}/like': (headers) =>
    sora.ask('POST', `/api/comments/${commentId}/like`, undefined, headers),
  '/api/members/follow/{memberId}': (headers) =>
    sora.ask('POST', `/api/members/follow/${minji.id}`, undefined, headers),
  '/api/members/mute/{memberId}': (headers) =>
    sora.ask('POST', `/api/members/mute/${minji.id}`, undefined, headers),
  '/api/images/upload': (headers) => sora.ask('POST', '/api/images/upload', picture(200), headers),
  '/api/images/upload/profile': (headers) =>
    sora.ask('POST', '/api/images/upload/profile', picture(201), headers),
  '/api/member-activities/posts': (headers) =>
    sora.ask(
      'POST',
      '/api/member-activities/posts',
      { memberId: sora.id, postId, activityType: 'POST_READ' },
      headers,
    ),
  '/api/member-activities/comments': (headers) =>
    sora.ask(
      'POST',
      '/api/member-activities/comments',
      { memberId: sora.id, postId, commentId, activityType: 'COMMENT_READ' },
      headers,
    ),
  '/api/member-activities/posts/likes': (headers) =>
    sora.ask(
      'POST',
      '/api/member-activities/posts/likes',
      { memberId: sora.id, postId, activityType: 'LIKE_POST' },
      headers,
    ),
  '/api/member-activities/comments/likes': (headers) =>
    sora.ask(
      'POST',
      '/api/member-activities/comments/likes',
      { memberId: sora.id, postId, commentId, activityType: 'LIKE_COMMENT' },
      headers,
    ),
  '/api/members/block/{memberId}': (headers) =>
    sora.ask('POST', `/api/members/block/${minji.id}`, undefined, headers),
}

test.each(Object.entries(creations))(
  'POST %s with a key is answered twice alike',
  async (path, create) => {
    const headers = { 'idempotency-key': `twice ${path}` }
    const [first, again] = [await create(headers), await create(headers)]
    expect([path, first.status]).toEqual([path, expect.toBeOneOf([200, 201])])
    expect([again.status, again.body]).toEqual([first.status, first.body])
  },
)

test('the API documents name the header at exactly these addresses', async () => {
  const { body: document } = await ask('GET', '/openapi.json')
  const documented = Object.entries<{ post?: { parameters?: { name: string; in: string }[] } }>(
    document.paths,
  )
    .filter(([, { post }]) =>
      post?.parameters?.some(
        ({ name, in: place }) => place === 'header' && name === 'idempotency-key',
      ),
    )
    .map(([path]) => path)
  expect(documented.filter((path) => !path.startsWith('/api/activity')).sort()).toEqual(
    Object.keys(creations).sort(),
  )
})

test('a file that differs under the same key is 422', async () => {
  const headers = { 'idempotency-key': 'two pictures' }
  expect((await sora.ask('POST', '/api/images/upload', picture(210), headers)).status).toBe(201)
  const other = await sora.ask('POST', '/api/images/upload', picture(211), headers)
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
})
