import { ask } from '@dailyfeed/tests/http-client'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { insertComment, insertPost } from '@dailyfeed/tests/content-rows'
import { insertMember } from '@dailyfeed/tests/members'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'
import { reconcileCounters } from '../counter/counter.service.ts'
import { eraseMembers } from './erasure.service.ts'

let content: ContentFixture
beforeAll(async () => {
  content = await contentFixture()
})
afterAll(() => content.close())

test('after an erasure the newest remaining comment determines lastCommentedAt', async () => {
  const { sql } = content.database
  const [stays, leaves] = [await insertMember(sql, 'stays'), await insertMember(sql, 'leaves')]
  const make = async (memberId: number, path: string, body: object): Promise<number> =>
    (await ask(content.client, { as: memberId, url: path, body })).body.data.id
  const [between, alone, untouched] = [
    await make(stays, '/api/posts', { content: 'comments of both' }),
    await make(stays, '/api/posts', { content: 'theirs alone' }),
    await make(stays, '/api/posts', { content: 'none of theirs' }),
  ]
  const kept = await make(stays, '/api/comments', { postId: between, content: 'stays' })
  const gone = await make(leaves, '/api/comments', { postId: between, content: 'goes' })
  await make(stays, '/api/comments/replies', {
    postId: between,
    parentId: gone,
    content: 'goes along',
  })
  await make(leaves, '/api/comments', { postId: alone, content: 'goes' })
  const elsewhere = await make(stays, '/api/comments', { postId: untouched, content: 'stays' })
  await sql`update member.member set withdrawn_at = now() - interval '31 days' where id = ${leaves}`

  await eraseMembers({
    sql,
    newEventOf: createNewEventOf('Asia/Seoul'),
    wakeRelay() {},
  })
  const counters = await sql`
    select counter.post_id, comment_count, comment.id as newest from content.post_counter counter
    left join content.comment on comment.post_id = counter.post_id and comment.created_at = last_commented_at order by counter.post_id`
  expect([...counters]).toEqual([
    { post_id: between, comment_count: 1, newest: kept },
    { post_id: alone, comment_count: 0, newest: null },
    { post_id: untouched, comment_count: 1, newest: elsewhere },
  ])
  const [left] =
    await sql`select last_commented_at from content.post_counter where post_id = ${alone}`
  expect(left?.['last_commented_at']).toBeNull()
  expect(await reconcileCounters(sql)).toEqual({ posts: 0, comments: 0 })
})

test('a member whose erasure exceeds the time limit of a statement is erased in parts', async () => {
  const { sql } = content.database
  const [stays, leaves] = [await insertMember(sql, 'remains'), await insertMember(sql, 'prolific')]
  const post = await insertPost(sql, stays)
  await insertComment(sql, post, stays)
  for (let n = 0; n < 40; n += 1) {
    const parentId = await insertComment(sql, post, leaves)
    await insertComment(sql, post, stays, { parentId, depth: 1 })
    await insertPost(sql, leaves)
  }
  await sql`update member.member set withdrawn_at = now() - interval '31 days' where id = ${leaves}`
  // Each deleted row takes 10 ms, and a statement has 500 ms.
  await sql.unsafe(`
    create function public.wait() returns trigger language plpgsql as
      'begin perform pg_sleep(0.01); return old; end';
    create trigger wait before delete on content.comment for each row execute function public.wait();
    create trigger wait before delete on content.post for each row execute function public.wait()`)
  const url = content.database.urlOf('content')
  const hurried = openPool({ url, max: 2, name: 'hurried', statementTimeout: 500 })
  try {
    const context = { sql: hurried, newEventOf: createNewEventOf('Asia/Seoul'), wakeRelay() {} }
    expect(await eraseMembers(context)).toEqual({ posts: 40 })
    expect(await eraseMembers(context)).toEqual({ posts: 0 })
  } finally {
    await hurried.end({ timeout: 1 })
    await sql.unsafe('drop function public.wait() cascade')
  }
  const [left] = await sql`
    select (select count(*)::int from content.comment where post_id = ${post}) as comments,
           (select count(*)::int from content.post where author_id = ${leaves}) as posts,
           (select count(*)::int from content.outbox
            where activity_type = 'COMMENT_DELETE' and post_id = ${post}) as deletions`
  expect(left).toEqual({ comments: 1, posts: 0, deletions: 40 })
})
