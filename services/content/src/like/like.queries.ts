import { type NewEvent, outboxEntry } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'

/**
 * Each of these is one statement: the like's own row decides, under its lock, whether anything changed; only then does
 * the counter move by one and an event stand in the outbox. Two racing requests cannot both change it.
 */

/** False when the member likes it already. */
export async function insertPostLike(
  sql: Sql,
  event: NewEvent,
  postId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    with changed as (
      insert into content.post_like as mine (post_id, member_id) values (${postId}, ${memberId})
      on conflict (post_id, member_id) do update set liked = true, version = mine.version + 1, updated_at = now() where not mine.liked
      returning post_id, member_id, version, created_at, updated_at
    ), counted as (
      insert into content.post_counter as counter (post_id, post_created_at, like_count)
      select post.id, post.created_at, 1 from changed join content.post on post.id = changed.post_id
      on conflict (post_id) do update set like_count = counter.like_count + 1
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select post_id as row_id, member_id, post_id, null::bigint as comment_id, null::bigint as target_member_id, version, created_at, updated_at from changed`,
    )}
    select from changed`
  return rows.length === 1
}

/** False when there was no like to take back. */
export async function cancelPostLike(
  sql: Sql,
  event: NewEvent,
  postId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    with changed as (
      update content.post_like set liked = false, version = version + 1, updated_at = now()
      where post_id = ${postId} and member_id = ${memberId} and liked
      returning post_id, member_id, version, created_at, updated_at
    ), counted as (
      update content.post_counter set like_count = like_count - 1 where post_id = (select post_id from changed)
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select post_id as row_id, member_id, post_id, null::bigint as comment_id, null::bigint as target_member_id, version, created_at, updated_at from changed`,
    )}
    select from changed`
  return rows.length === 1
}

/** False when the member likes it already. */
export async function insertCommentLike(
  sql: Sql,
  event: NewEvent,
  commentId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    with changed as (
      insert into content.comment_like as mine (comment_id, member_id) values (${commentId}, ${memberId})
      on conflict (comment_id, member_id) do update set liked = true, version = mine.version + 1, updated_at = now() where not mine.liked
      returning comment_id, member_id, version, created_at, updated_at
    ), counted as (
      update content.comment set like_count = like_count + 1 from changed where comment.id = changed.comment_id returning comment.post_id
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select comment_id as row_id, member_id, post_id, comment_id, null::bigint as target_member_id, version, created_at, updated_at from changed, counted`,
    )}
    select from changed`
  return rows.length === 1
}

/** False when there was no like to take back. */
export async function cancelCommentLike(
  sql: Sql,
  event: NewEvent,
  commentId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    with changed as (
      update content.comment_like set liked = false, version = version + 1, updated_at = now()
      where comment_id = ${commentId} and member_id = ${memberId} and liked
      returning comment_id, member_id, version, created_at, updated_at
    ), counted as (
      update content.comment set like_count = like_count - 1 from changed where comment.id = changed.comment_id returning comment.post_id
    ), ${outboxEntry(
      sql,
      'content',
      event,
      sql`
      select comment_id as row_id, member_id, post_id, comment_id, null::bigint as target_member_id, version, created_at, updated_at from changed, counted`,
    )}
    select from changed`
  return rows.length === 1
}

/** Whether there is a live post that the member may see. */
export async function isPostVisible(sql: Sql, postId: number, memberId: number): Promise<boolean> {
  const rows =
    await sql`select from content.post where id = ${postId} and deleted_at is null and member.may_see(${memberId}, author_id)`
  return rows.length === 1
}

/** Whether there is a live comment that the member may see, on a live post that the member may see. */
export async function isCommentVisible(
  sql: Sql,
  commentId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    select from content.comment join content.post on post.id = comment.post_id
    where comment.id = ${commentId} and comment.deleted_at is null and post.deleted_at is null
      and member.may_see(${memberId}, comment.author_id) and member.may_see(${memberId}, post.author_id)`
  return rows.length === 1
}
