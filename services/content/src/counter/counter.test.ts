import { ask } from '@dailyfeed/tests/http-client'
import { insertPost } from '@dailyfeed/tests/content-rows'
import { insertMember } from '@dailyfeed/tests/members'
import fc from 'fast-check'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture } from '../content-fixture.ts'
import { insertComment } from '../comment/comment.queries.ts'
import { reconcileCounters } from './counter.service.ts'

let content: ContentFixture
let members: number[]

beforeAll(async () => {
  content = await contentFixture()
  members = await Promise.all(
    ['minji', 'sora', 'dari', 'hana'].map((handle) => insertMember(content.database.sql, handle)),
  )
})
afterAll(() => content.close())

const action = fc.record({
  kind: fc.constantFrom(
    'like',
    'unlike',
    'comment',
    'reply',
    'delete comment',
    'like comment',
    'unlike comment',
  ),
  member: fc.nat(3),
  post: fc.nat(1),
  pick: fc.nat(40),
})

/** Waves of concurrent actions, one wave after the other. */
const waves = fc.array(fc.array(action, { minLength: 2, maxLength: 10 }), {
  minLength: 1,
  maxLength: 5,
})

interface Counters {
  post_id: number
  like_count: number
  comment_count: number
  /** With its microseconds. */
  last_commented_at: string | null
}

test('after concurrent actions every counter equals its rows and the time of the newest comment', {
  timeout: 120_000,
}, async () => {
  const { sql } = content.database
  await fc.assert(
    fc.asyncProperty(waves, async (all) => {
      const posts: number[] = []
      for (const author of members.slice(0, 2))
        posts.push(
          (
            await ask(content.client, {
              as: author,
              url: '/api/posts',
              body: { content: 'a post' },
            })
          ).body.data.id,
        )
      const comments: { id: number; postId: number }[] = []
      for (const wave of all) {
        const statuses = await Promise.all(
          wave.map(async ({ kind, member, post, pick }) => {
            const [memberId, postId] = [members[member] as number, posts[post] as number]
            const comment = comments[pick % Math.max(1, comments.length)]
            const send = async (method: 'POST' | 'DELETE', url: string, payload?: object) =>
              (await ask(content.client, { as: memberId, method, url, body: payload })).status
            if (kind === 'like') return send('POST', `/api/posts/${postId}/like`)
            if (kind === 'unlike') return send('DELETE', `/api/posts/${postId}/like`)
            if (kind === 'comment' || comment === undefined || kind === 'reply') {
              const parent = kind === 'reply' ? comment : undefined
              const answer = await ask(content.client, {
                as: memberId,
                url: '/api/comments',
                body: {
                  postId: parent?.postId ?? postId,
                  content: 'a comment',
                  ...(parent === undefined ? {} : { parentId: parent.id }),
                },
              })
              if (answer.status === 201)
                comments.push({ id: answer.body.data.id, postId: parent?.postId ?? postId })
              return answer.status
            }
            if (kind === 'delete comment') return send('DELETE', `/api/comments/${comment.id}`)
            return send(
              kind === 'like comment' ? 'POST' : 'DELETE',
              `/api/comments/${comment.id}/like`,
            )
          }),
        )
        expect(statuses.filter((status) => status >= 500)).toEqual([])
      }
      const counted = await sql<Counters[]>`
        select post_id, like_count, comment_count, last_commented_at::text from content.post_counter where post_id = any (${posts}::bigint[]) order by post_id`
      const truth = await sql<Counters[]>`
        select id as post_id,
               (select count(*)::int from content.post_like where post_id = post.id and liked) as like_count,
               (select count(*)::int from content.comment where post_id = post.id and deleted_at is null) as comment_count,
               (select max(created_at)::text from content.comment where post_id = post.id and deleted_at is null) as last_commented_at
        from content.post where id = any (${posts}::bigint[]) order by id`
      const counterByPost = new Map(counted.map((row) => [row.post_id, row]))
      expect(
        truth.map(
          ({ post_id }) =>
            counterByPost.get(post_id) ?? {
              post_id,
              like_count: 0,
              comment_count: 0,
              last_commented_at: null,
            },
        ),
      ).toEqual([...truth])
      const orphans = await sql`
        select from content.comment reply join content.comment parent on parent.id = reply.parent_id
        where reply.post_id = any (${posts}::bigint[]) and reply.deleted_at is null and parent.deleted_at is not null`
      expect(orphans.length).toBe(0)
    }),
    { numRuns: 60 },
  )
  expect(await reconcileCounters(sql)).toEqual({ posts: 0, comments: 0 })
})

test('counterReconcileJob corrects the comment count and the time of the newest comment or reply', async () => {
  const { sql } = content.database
  const [author] = members as [number]
  const postId: number = (
    await ask(content.client, { as: author, url: '/api/posts', body: { content: 'a post' } })
  ).body.data.id
  const parentId: number = (
    await ask(content.client, {
      as: author,
      url: '/api/comments',
      body: { postId, content: 'a comment' },
    })
  ).body.data.id
  await ask(content.client, {
    as: author,
    url: '/api/comments/replies',
    body: {
      postId,
      parentId,
      content: 'a reply',
    },
  })
  const counters = () =>
    sql<
      Counters[]
    >`select post_id, like_count, comment_count, last_commented_at::text from content.post_counter where post_id = ${postId}`
  const correct = [...(await counters())]
  for (const wrong of [
    sql`comment_count = 7`,
    sql`last_commented_at = null`,
    sql`last_commented_at = last_commented_at - interval '1 microsecond'`,
  ]) {
    await sql`update content.post_counter set ${wrong} where post_id = ${postId}`
    expect(await reconcileCounters(sql)).toEqual({ posts: 1, comments: 0 })
    expect([...(await counters())]).toEqual(correct)
  }
})

test('a comment whose transaction began earlier does not move lastCommentedAt back', async () => {
  const { sql } = content.database
  const [author] = members as [number]
  const postId: number = (
    await ask(content.client, { as: author, url: '/api/posts', body: { content: 'a post' } })
  ).body.data.id
  await inTransaction(sql, async (transaction) => {
    await transaction`select now()`
    await ask(content.client, {
      as: author,
      url: '/api/comments',
      body: { postId, content: 'newer' },
    })
    await insertComment(transaction, {
      postId,
      parentId: null,
      depth: 0,
      authorId: author,
      content: 'began before',
    })
  })
  expect(await reconcileCounters(sql)).toEqual({ posts: 0, comments: 0 })
})

test('counters whose check exceeds the time limit of a statement are checked in parts', async () => {
  const { sql } = content.database
  for (let n = 0; n < 80; n += 1) {
    const post = await insertPost(sql, members[0] as number)
    await sql`
      insert into content.post_counter (post_id, post_created_at, like_count) values (${post}, now(), 7)`
  }
  // Each corrected counter takes 10 ms, and a statement has 400 ms.
  await sql.unsafe(`
    create function public.wait() returns trigger language plpgsql as
      'begin perform pg_sleep(0.01); return new; end';
    create trigger wait before update on content.post_counter for each row execute function public.wait()`)
  const url = content.database.urlOf('content')
  const hurried = openPool({ url, max: 1, name: 'hurried', statementTimeout: 400 })
  try {
    expect(await reconcileCounters(hurried)).toMatchObject({ posts: 80 })
  } finally {
    await hurried.end({ timeout: 1 })
    await sql.unsafe('drop function public.wait() cascade')
  }
})
