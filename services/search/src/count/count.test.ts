import { deletePost, insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertBlock, insertFollow, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
let minji: number
let sora: number
let counted: number
let untouched: number
let unseen: number[]

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  minji = await insertMember(sql, 'minji')
  sora = await insertMember(sql, 'sora')
  const blocker = await insertMember(sql, 'blocker')
  await insertBlock(sql, blocker, minji)
  counted = await insertPost(sql, sora, { content: 'one' })
  untouched = await insertPost(sql, sora, { content: 'two' })
  unseen = [
    await insertPost(sql, sora, { content: 'deleted' }),
    await insertPost(sql, blocker, { content: 'hidden' }),
  ]
  await deletePost(sql, unseen[0] ?? 0)
  for (const id of [counted, ...unseen])
    await sql`insert into content.post_counter (post_id, post_created_at, like_count, comment_count) values (${id}, now(), 3, 2)`
})
afterAll(() => search.close())

const count = async (path: string, body: object) =>
  (await ask(search.client, { as: minji, url: `/api/search/${path}/query/count/in`, body })).body
    .data

test('likes of posts are in the order of the ids, once each, without invisible posts', async () => {
  expect(
    await count('posts/like', { postPks: [untouched, counted, ...unseen, counted, 999_999] }),
  ).toEqual([
    { postPk: untouched, likeCount: 0 },
    { postPk: counted, likeCount: 3 },
  ])
})

test('comments of posts are counted in the same way', async () => {
  expect(await count('posts/comments', { postPks: [counted, untouched, ...unseen] })).toEqual([
    { postPk: counted, commentCount: 2 },
    { postPk: untouched, commentCount: 0 },
  ])
})

test('likes of comments do not include comments of deleted posts', async () => {
  const liked = await insertComment(sql, counted, minji, { content: 'hello' })
  const below = await insertComment(sql, unseen[0] ?? 0, minji, { content: 'hello' })
  await sql`update content.comment set like_count = 6 where id = ${liked}`
  expect(await count('comments/like', { commentIds: [below, liked] })).toEqual([
    { commentPk: liked, likeCount: 6 },
  ])
})

test('the following count of a member is the number of followers', async () => {
  const fans = [await insertMember(sql, 'fan_1'), await insertMember(sql, 'fan_2')]
  const gone = await insertMember(sql, 'gone', { withdrawn: true })
  for (const fan of fans) await insertFollow(sql, fan, sora)
  await insertFollow(sql, sora, minji)
  expect(
    await count('follow/following', { toMemberIds: [minji, sora, gone, 999_999, ...fans] }),
  ).toEqual([
    { toMemberId: minji, followingCount: 1 },
    { toMemberId: sora, followingCount: 2 },
    { toMemberId: fans[0], followingCount: 0 },
    { toMemberId: fans[1], followingCount: 0 },
  ])
})

test('no ids have no counts; 1,001 ids, a text as an id and a missing list are 400', async () => {
  expect(await count('posts/like', { postPks: [] })).toEqual([])
  const refused = [
    { postPks: Array.from({ length: 1_001 }, (_, n) => n + 1) },
    { postPks: ['1'] },
    {},
    { postPks: [0] },
  ]
  for (const body of refused)
    expect(
      (await ask(search.client, { as: minji, url: '/api/search/posts/like/query/count/in', body }))
        .status,
    ).toBe(400)
})
