import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Verifies and repairs the counters of the posts from `fromId` up to, but not including, `toId`.
 * Returns how many were wrong. The counters are locked first: every writer of a counter holds its
 * lock until the commit, so the second statement sees exactly the rows that are counted.
 */
export async function reconcilePostCounters(
  sql: Queryable,
  fromId: number,
  toId: number,
): Promise<number> {
  await sql`
    select from content.post_counter where post_id >= ${fromId} and post_id < ${toId}
    order by post_id for no key update`
  const rows = await sql`
    with truth as (
      select counter.post_id, liked.likes, commented.comments, commented.newest_at
      from content.post_counter counter
      cross join lateral (
        select count(*) as likes
        from content.post_like l where l.post_id = counter.post_id and liked
      ) liked
      cross join lateral (
        select count(*) as comments, max(created_at) as newest_at
        from content.comment c where c.post_id = counter.post_id and deleted_at is null
      ) commented
      where counter.post_id >= ${fromId} and counter.post_id < ${toId}
    )
    update content.post_counter counter
    set like_count = truth.likes, comment_count = truth.comments,
        last_commented_at = truth.newest_at
    from truth
    where truth.post_id = counter.post_id
      and counter.post_id >= ${fromId} and counter.post_id < ${toId}
      and (counter.like_count, counter.comment_count, counter.last_commented_at)
        is distinct from (truth.likes, truth.comments, truth.newest_at)
    returning counter.post_id`
  return rows.length
}

/** Verifies and repairs the like and reply counts of a range of comments in the same way. */
export async function reconcileCommentCounters(
  sql: Queryable,
  fromId: number,
  toId: number,
): Promise<number> {
  await sql`
    select from content.comment where id >= ${fromId} and id < ${toId}
    order by id for no key update`
  const rows = await sql`
    with truth as (
      select c.id,
        (select count(*) from content.comment_like l where l.comment_id = c.id and liked) as likes,
        (
          select count(*) from content.comment r where r.parent_id = c.id and r.deleted_at is null
        ) as replies
      from content.comment c where c.id >= ${fromId} and c.id < ${toId} and c.deleted_at is null
    )
    update content.comment set like_count = truth.likes, reply_count = truth.replies
    from truth
    where truth.id = comment.id
      and (comment.like_count <> truth.likes or comment.reply_count <> truth.replies)
    returning comment.id`
  return rows.length
}

/** The highest id of each table; 0 where it is empty. */
export async function findHighestIds(sql: Queryable): Promise<{ post: number; comment: number }> {
  const [row] = await sql<[{ post: number; comment: number }]>`
    select coalesce((select max(id) from content.post), 0) as post,
           coalesce((select max(id) from content.comment), 0) as comment`
  return row
}
