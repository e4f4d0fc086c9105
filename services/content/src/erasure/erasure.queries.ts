import type { ChangedCommentRow } from '../comment/comment.queries.ts'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<
    { member_id: number }[]
  >`select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/**
 * Locks every post whose comments change: the lock that a new comment and a deletion take too. In
 * the order of ids, so that two erasures cannot deadlock.
 */
export async function lockPostsOf(sql: Queryable, memberId: number): Promise<void> {
  await sql`
    select from content.post
    where author_id = ${memberId} or id in (select post_id from content.comment where author_id = ${memberId})
    order by id for no key update`
}

/**
 * Deletes the member's comments, all comments on the member's posts, and all replies below either.
 * Corrects the counters of the remaining posts and comments in the same statement. Returns the
 * deleted comments of other members that were live.
 */
export const eraseComments = (sql: Queryable, memberId: number): Promise<ChangedCommentRow[]> =>
  sql<ChangedCommentRow[]>`
    with recursive doomed as (
      select id from content.comment
      where author_id = ${memberId}
        or post_id in (select id from content.post where author_id = ${memberId})
      union
      select reply.id from content.comment reply join doomed on reply.parent_id = doomed.id
    ), liked as (
      delete from content.comment_like where comment_id in (select id from doomed)
    ), erased as (
      delete from content.comment where id in (select id from doomed)
      returning id, post_id, parent_id, author_id, version, created_at, updated_at, deleted_at
    ), counted as (
      update content.post_counter counter
      set comment_count = comment_count - gone.live,
          last_commented_at = (
            select max(created_at) from content.comment kept
            where kept.post_id = counter.post_id and kept.deleted_at is null
              and kept.id not in (select id from doomed)
          )
      from (
        select post_id, count(*)::int as live
        from erased where deleted_at is null group by post_id
      ) gone
      where counter.post_id = gone.post_id
    ), left_parents as (
      update content.comment parent set reply_count = reply_count - gone.live
      from (
        select parent_id, count(*)::int as live
        from erased where deleted_at is null group by parent_id
      ) gone
      where parent.id = gone.parent_id and parent.id not in (select id from doomed)
    )
    select id, post_id, author_id, version + 1 as version, created_at, updated_at
    from erased
    where deleted_at is null and author_id <> ${memberId} order by id`

/** Deletes the member's likes and subtracts them from the counts. */
export async function eraseLikes(sql: Queryable, memberId: number): Promise<void> {
  await sql`
    with erased as (
      delete from content.post_like where member_id = ${memberId} returning post_id, liked
    )
    update content.post_counter set like_count = like_count - 1
    where post_id in (select post_id from erased where liked)`
  await sql`
    with erased as (
      delete from content.comment_like where member_id = ${memberId} returning comment_id, liked
    )
    update content.comment set like_count = like_count - 1
    where id in (select comment_id from erased where liked)`
}

/** Call after the comments on these posts are deleted. Returns how many posts there were. */
export async function erasePosts(sql: Queryable, memberId: number): Promise<number> {
  const posts = sql`select id from content.post where author_id = ${memberId}`
  await sql`delete from content.post_like where post_id in (${posts})`
  await sql`delete from content.post_counter where post_id in (${posts})`
  const { count } = await sql`delete from content.post where author_id = ${memberId}`
  return count
}
