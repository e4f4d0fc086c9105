import { deletePost, insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertBlock, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { catchUp } from '../indexing/catch-up.service.ts'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
let minji: number
let sora: number
let postId: number

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  minji = await insertMember(sql, 'minji')
  sora = await insertMember(sql, 'sora')
})
beforeEach(async () => {
  postId = await insertPost(sql, sora, { content: '본문', title: '글 제목' })
})
afterAll(() => search.close())

const searchComments = (path: string) =>
  ask(search.client, { as: minji, url: `/api/search/comments${path}` })
const queryOf = (keyword: string) => `?keyword=${encodeURIComponent(keyword)}`

test('GET /api/search/comments answers comments with the title of their post', async () => {
  const parent = await insertComment(sql, postId, minji, { content: '부모' })
  const [row] =
    await sql`insert into content.comment (post_id, parent_id, depth, author_id, content, like_count) values (${postId}, ${parent}, 1, ${sora}, '두루미가 왔어요', 4) returning id`
  await sql`insert into content.comment_like (comment_id, member_id) values (${row?.['id']}, ${minji})`
  await catchUp(search.index)
  const { status, body } = await searchComments(queryOf('두루미'))
  expect(status).toBe(200)
  expect(body.data).toMatchObject({
    totalElements: 1,
    totalPages: 1,
    page: 0,
    size: 20,
    first: true,
    last: true,
  })
  expect(body.data.content).toMatchObject([
    {
      id: row?.['id'],
      liked: true,
      content: '두루미가 왔어요',
      authorId: sora,
      authorName: 'Member sora',
      authorHandle: 'sora',
      authorAvatarUrl: null,
      postId,
      parentId: parent,
      depth: 1,
      likeCount: 4,
      replyCount: 0,
      postTitle: '글 제목',
    },
  ])
})

test('GET /api/search/comments/posts/{postId} searches one post; without a keyword it lists all', async () => {
  const other = await insertPost(sql, sora, { content: '다른 글' })
  const first = await insertComment(sql, postId, sora, { content: '까치밥' })
  const second = await insertComment(sql, postId, sora, { content: '홍시' })
  await insertComment(sql, other, sora, { content: '까치밥' })
  await catchUp(search.index)
  const idsOf = async (path: string) =>
    (await searchComments(path)).body.data.content.map(({ id }: { id: number }) => id)
  expect(await idsOf(`/posts/${postId}${queryOf('까치밥')}`)).toEqual([first])
  expect(await idsOf(`/posts/${postId}`)).toEqual([second, first])
  expect(await idsOf('/posts/999999999')).toEqual([])
  const { nextCursor } = (await searchComments(`/posts/${postId}?size=1`)).body.data
  expect(await idsOf(`/posts/${postId}?size=1&cursor=${nextCursor}`)).toEqual([first])
  expect((await searchComments(`/posts/${other}?size=1&cursor=${nextCursor}`)).status).toBe(400)
})

test('GET /api/search/comments/advanced accepts operators', async () => {
  const id = await insertComment(sql, postId, sora, { content: '바람개비가 돌고 도네' })
  await insertComment(sql, postId, minji, { content: '바람개비가 멈췄네' })
  await catchUp(search.index)
  const found = await search.find(
    minji,
    '바람개비 -멈췄네 "돌고 도네" from:sora since:2020-01-01 until:2099-12-31',
    'comments/advanced',
  )
  expect(found).toEqual([id])
  expect(await search.find(minji, '바람개비 from:nobody', 'comments/advanced')).toEqual([])
})

test.each([
  '',
  '?keyword=',
  '/advanced',
  '/advanced?keyword=+',
  '/posts/1?keyword=',
  '/posts/0?keyword=a',
  '/posts/abc?keyword=a',
  '?keyword=a%00',
  '?keyword=since:2026-99-01',
])('GET /api/search/comments%s is 400', async (path) => {
  const { status, body } = await searchComments(path)
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
})

test('deleted and invisible comments, and those on such posts, are neither shown nor counted', async () => {
  const byBlocked = await insertMember(sql, 'blocked')
  const byMuted = await insertMember(sql, 'muted')
  const withdrawn = await insertMember(sql, 'withdrawn', { withdrawn: true })
  const seen = await insertComment(sql, postId, sora, { content: '반딧불이' })
  const gone = await insertComment(sql, postId, sora, { content: '반딧불이' })
  for (const author of [byBlocked, byMuted, withdrawn])
    await insertComment(sql, postId, author, { content: '반딧불이' })
  for (const author of [sora, byBlocked, withdrawn]) {
    const hiddenPost = await insertPost(sql, author, { content: '글' })
    await insertComment(sql, hiddenPost, sora, { content: '반딧불이' })
    if (author === sora)
      await sql`update content.post set title = 'to be deleted' where id = ${hiddenPost}`
  }
  await catchUp(search.index)
  await sql`update content.comment set deleted_at = now(), version = version + 1 where id = ${gone}`
  for (const { id } of await sql`select id from content.post where title = 'to be deleted'`)
    await deletePost(sql, id)
  await insertBlock(sql, byBlocked, minji)
  await sql`insert into member.mute (muter_id, muted_id) values (${minji}, ${byMuted})`
  expect((await searchComments(queryOf('반딧불이'))).body.data).toMatchObject({
    content: [{ id: seen }],
    totalElements: 1,
  })
})

test('a member’s next search finds their own comment, and its edit', async () => {
  const id = await insertComment(sql, postId, minji, { content: '갓 쓴 민들레' })
  expect(await search.find(minji, '민들레', 'comments')).toEqual([id])
  await sql`update content.comment set content = '고친 제비꽃', version = version + 1, updated_at = now() where id = ${id}`
  expect(await search.find(minji, '제비꽃', 'comments')).toEqual([id])
  expect(await search.find(minji, '민들레', 'comments')).toEqual([])
})
