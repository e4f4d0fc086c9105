import type { ChangedCommentRow } from '../comment/comment.queries.ts'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'

export async function findErasableMembers(sql: Queryable): Promise<number[]> {
  const rows = await sql<
    { member_id: number }[]
  >`select member_id from member.erasable_member order by member_id`
  return rows.map(({ member_id }) => member_id)
}

/**
 * The newest comments that are erased with the member: the member's own, all on the member's posts, and all replies
 * below either. Newest first, and a reply is newer than its parent.
 */
export async function findErasableComments(
  sql: Queryable,
  memberId: number,
  limit: number,
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    with recursive doomed as (
      select id from content.comment
      where author_id = ${memberId}
        or post_id in (select id from content.post where author_id = ${memberId})
      union
      select reply.id from content.comment reply join doomed on reply.parent_id = doomed.id
    )
    select id from doomed order by id desc limit ${limit}`
  return rows.map(({ id }) => id)
}

/** The newest posts of the member, deleted ones included. */
export async function findPostsOf(
  sql: Queryable,
  memberId: number,
  limit: number,
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select id from content.post where author_id = ${memberId} order by id desc limit ${limit}`
  return rows.map(({ id }) => id)
}

export async function findCommentsOn(
  sql: Queryable,
  postIds: readonly number[],
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select id from content.comment where post_id = any (${anyOf(postIds)}::bigint[])`
  return rows.map(({ id }) => id)
}

/**
 * Locks the posts of these comments: the lock that a new comment and a deletion take too. In the order of ids, so that
 * two erasures cannot deadlock.
 */
export async function lockPostsOfComments(
  sql: Queryable,
  commentIds: readonly number[],
): Promise<void> {
  await sql`
    select from content.post
    where id in (
      select post_id from content.comment where id = any (${anyOf(commentIds)}::bigint[]))
    order by id for no key update`
}

export async function lockPosts(sql: Queryable, postIds: readonly number[]): Promise<void> {
  await sql`
    select from content.post where id = any (${anyOf(postIds)}::bigint[])
    order by id for no key update`
}

/**
 * Deletes these comments and all replies below them. Corrects the counters of the remaining posts and comments in the
 * same statement. Returns the deleted comments of other members that were live.
 */
export const eraseComments = (
  sql: Queryable,
  commentIds: readonly number[],
  memberId: number,
): Promise<ChangedCommentRow[]> =>
  sql<ChangedCommentRow[]>`
    with recursive doomed as (
      select id from unnest(${anyOf(commentIds)}::bigint[]) as given (id)
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

/** Deletes at most `limit` likes of the member on posts and subtracts them from the counts. Returns how many. */
export async function erasePostLikes(
  sql: Queryable,
  memberId: number,
  limit: number,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with erased as (
      delete from content.post_like
      where member_id = ${memberId} and post_id in (
        select post_id from content.post_like where member_id = ${memberId} limit ${limit})
      returning post_id, liked
    ), counted as (
      update content.post_counter set like_count = like_count - 1
      where post_id in (select post_id from erased where liked)
    )
    select count(*)::int as count from erased`
  return row.count
}

/** Likewise for likes on comments. */
export async function eraseCommentLikes(
  sql: Queryable,
  memberId: number,
  limit: number,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    with erased as (
      delete from content.comment_like
      where member_id = ${memberId} and comment_id in (
        select comment_id from content.comment_like where member_id = ${memberId} limit ${limit})
      returning comment_id, liked
    ), counted as (
      update content.comment set like_count = like_count - 1
      where id in (select comment_id from erased where liked)
    )
    select count(*)::int as count from erased`
  return row.count
}

/** Call after the comments on these posts are deleted. Returns how many posts there were. */
export async function erasePosts(sql: Queryable, postIds: readonly number[]): Promise<number> {
  const posts = sql`any (${anyOf(postIds)}::bigint[])`
  await sql`delete from content.post_like where post_id = ${posts}`
  await sql`delete from content.post_counter where post_id = ${posts}`
  const { count } = await sql`delete from content.post where id = ${posts}`
  return count
}
