import type { Sql } from 'postgres'

export const FOLLOWINGS = 200

/** The member whose pages are read, and the rows on its first page. */
export interface Reader {
  id: number
  /** The author of the newest post in the following feed. */
  authorId: number
  postIds: number[]
  authorIds: number[]
  nextPostId: number
}

/** Creates a member who follows two hundred others. */
export async function createReader(sql: Sql): Promise<Reader> {
  const [{ id }] = await sql<[{ id: number }]>`
    insert into member.member (email, member_name, handle)
    values ('reader@example.com', 'Reader', 'plans_reader') returning id`
  await sql`
    insert into member.follow (follower_id, following_id)
    select ${id}, id
    from (select id from member.member where id <> ${id} order by id limit ${FOLLOWINGS}) followed`
  const posts = await sql<{ id: number; author_id: number }[]>`
    select post.id, author_id
    from content.post join member.follow on following_id = author_id and follower_id = ${id}
    order by post.id desc limit 20`
  const [{ next }] = await sql<[{ next: number }]>`select max(id) + 1 as next from content.post`
  return {
    id,
    authorId: posts[0]?.author_id ?? 0,
    postIds: posts.map((post) => post.id),
    authorIds: [...new Set(posts.map(({ author_id }) => author_id))],
    nextPostId: next,
  }
}

/** A third of the posts get counters, and the first post of the feed gets a thousand comments. */
export async function insertCountersAndComments(sql: Sql, { id, postIds }: Reader): Promise<void> {
  await sql`
    insert into content.post_counter
      (post_id, post_created_at, view_count, like_count, comment_count, last_commented_at)
    select
      id, created_at, id * 7919 % 997, id * 104729 % 97, id % 13,
      case when id % 13 > 0 then created_at + interval '1 minute' end
    from content.post where id % 3 = 0`
  await sql`
    insert into content.comment (post_id, depth, author_id, content)
    select ${postIds[0] ?? 0}, 0, ${id}, 'a comment ' || n from generate_series(1, 1000) n`
  await sql`
    insert into content.comment (post_id, parent_id, depth, author_id, content)
    select post_id, id, 1, author_id, 'a reply'
    from content.comment where parent_id is null limit 500`
  await sql`
    insert into content.comment (post_id, depth, author_id, content)
    select id, 0, author_id, 'a comment' from content.post where id % 7 = 0`
  await sql`
    insert into content.post_like (post_id, member_id)
    select id, 1 + id % 20000 from content.post where id % 2 = 0`
  await sql`
    insert into content.comment_like (comment_id, member_id)
    select id, 1 + id % 20000 from content.comment`
  for (const [table, one, other] of [
    ['block', 'blocker_id', 'blocked_id'],
    ['mute', 'muter_id', 'muted_id'],
  ] as const)
    await sql`
      insert into member.${sql(table)} (${sql(one)}, ${sql(other)})
      select n % 10000 + 1, n % 9999 + 10001
      from generate_series(1, 50000) n where n % 10000 + 1 <> ${id}
      on conflict do nothing`
  // Autovacuum would do the same, which creates the visibility map.
  await sql`vacuum analyze`
}
