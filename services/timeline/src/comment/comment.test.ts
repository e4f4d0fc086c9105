import { insertBlock, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TimelineFixture, timelineFixture } from '../timeline-fixture.ts'
import { deletePost, insertComment, insertPost } from '../content-rows-fixture.ts'

let timeline: TimelineFixture
let reader: number
let author: number
let blocker: number

beforeAll(async () => {
  timeline = await timelineFixture()
  reader = await insertMember(timeline.sql, 'reader')
  author = await insertMember(timeline.sql, 'author')
  blocker = await insertMember(timeline.sql, 'blocker')
  await insertBlock(timeline.sql, blocker, reader)
})
afterAll(() => timeline.close())

const ask = (url: string, memberId = reader) => timeline.ask(memberId, url)
const idsOf = ({ body }: { body: { data: { content: { id: number }[] } } }) =>
  body.data.content.map(({ id }) => id)

test('comments of a post are its visible top level, oldest first, with replyCount, 100 by default', async () => {
  const { sql } = timeline
  const post = await insertPost(sql, author)
  const first = await insertComment(sql, post, author, { content: '첫 댓글' })
  await insertComment(sql, post, blocker)
  await insertComment(sql, post, author, { deleted: true })
  const second = await insertComment(sql, post, reader)
  await insertComment(sql, post, reader, { parentId: first, depth: 1 })
  await sql`insert into content.comment_like (comment_id, member_id) values (${first}, ${reader})`
  await sql`update content.comment set like_count = 1 where id = ${first}`
  const { body } = await ask(`/api/timeline/posts/${post}/comments`)
  expect(idsOf({ body })).toEqual([first, second])
  expect(body.data).toMatchObject({ size: 100, page: 0, hasNext: false })
  expect(body.data.content[0]).toEqual({
    id: first,
    liked: true,
    content: '첫 댓글',
    authorId: author,
    authorName: 'Member author',
    authorHandle: 'author',
    authorAvatarUrl: null,
    postId: post,
    parentId: null,
    depth: 0,
    likeCount: 1,
    replyCount: 1,
    createdAt: expect.any(String),
    updatedAt: body.data.content[0].createdAt,
  })
  const many: number[] = [first, second]
  for (let n = 0; n < 5; n += 1) many.push(await insertComment(sql, post, author))
  expect(await timeline.readAll(reader, `/api/timeline/posts/${post}/comments`, 2)).toEqual(many)
  expect(idsOf(await ask(`/api/timeline/posts/${post}/comments?page=1&size=3`))).toEqual(
    many.slice(3, 6),
  )
})

test('replies are a level of their own, oldest first, down to the third level', async () => {
  const { sql } = timeline
  const post = await insertPost(sql, author)
  const top = await insertComment(sql, post, author)
  const replies = [
    await insertComment(sql, post, reader, { parentId: top, depth: 1 }),
    await insertComment(sql, post, author, { parentId: top, depth: 1 }),
  ]
  const deep = await insertComment(sql, post, author, { parentId: replies[0] ?? 0, depth: 2 })
  expect(idsOf(await ask(`/api/timeline/comments/${top}/replies`))).toEqual(replies)
  const third = await ask(`/api/timeline/comments/${replies[0]}/replies`)
  expect(third.body.data.content).toMatchObject([{ id: deep, depth: 2, parentId: replies[0] }])
  expect(third.body.data.size).toBe(20)
  expect(await timeline.readAll(reader, `/api/timeline/comments/${top}/replies`, 1)).toEqual(
    replies,
  )
})

test('a deleted or hidden comment, its replies, and comments of a deleted post are 404', async () => {
  const { sql } = timeline
  const [post, doomed, hidden] = [
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, blocker),
  ]
  const gone = [
    await insertComment(sql, post, author, { deleted: true }),
    await insertComment(sql, post, blocker),
    await insertComment(sql, doomed, reader),
    await insertComment(sql, hidden, author),
    99_999_999,
  ]
  await deletePost(sql, doomed)
  for (const id of gone) {
    for (const url of [`/api/timeline/comments/${id}`, `/api/timeline/comments/${id}/replies`]) {
      const { status, body } = await ask(url)
      expect([url, status, body.code]).toEqual([url, 404, 'COMMENT_NOT_FOUND'])
    }
  }
  expect((await ask(`/api/timeline/posts/${doomed}/comments`)).body.code).toBe('POST_NOT_FOUND')
})

test('comments of a member are newest first, without those on deleted or hidden posts', async () => {
  const { sql } = timeline
  const writer = await insertMember(sql, 'writer')
  const [post, doomed, hidden] = [
    await insertPost(sql, author),
    await insertPost(sql, author),
    await insertPost(sql, blocker),
  ]
  const kept: number[] = []
  for (let n = 0; n < 4; n += 1) {
    kept.unshift(await insertComment(sql, post, writer))
    await insertComment(sql, doomed, writer)
    await insertComment(sql, post, writer, { deleted: true })
  }
  const onHidden = await insertComment(sql, hidden, writer)
  await deletePost(sql, doomed)
  expect(idsOf(await ask(`/api/timeline/members/${writer}/comments`))).toEqual(kept)
  expect(await timeline.readAll(reader, `/api/timeline/members/${writer}/comments`, 3)).toEqual(
    kept,
  )
  expect(await timeline.readAll(writer, '/api/timeline/comments', 3)).toEqual([onHidden, ...kept])
  expect(idsOf(await ask(`/api/timeline/members/${blocker}/comments`))).toEqual([])
})
