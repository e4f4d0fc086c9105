import { type NewEvent, outboxEntry } from '@dailyfeed/outbox/outbox'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'

/** The liked content. */
export interface LikeTarget {
  kind: 'post' | 'comment'
  id: number
}

/**
 * One statement: the row of the like decides, under its lock, whether anything changes; only then
 * does the counter move by one and the outbox get an event. So of two racing requests only one has
 * an effect. False when the member likes the target already.
 */
export async function insertLike(
  sql: Queryable,
  event: NewEvent,
  target: LikeTarget,
  memberId: number,
): Promise<boolean> {
  const { like, id } = namesOf(sql, target)
  const rows = await sql`
    with changed as (
      insert into ${like} as mine (${id}, member_id) values (${target.id}, ${memberId})
      on conflict (${id}, member_id) do update
      set liked = true, version = mine.version + 1, updated_at = now() where not mine.liked
      returning ${id} as target_id, member_id, version, created_at, updated_at
    ), counted as (${incrementLikeCount(sql, target)}),
    ${outboxEntry(sql, 'content', event, subjectOf(sql, target))}
    select from changed`
  return rows.length === 1
}

/** Takes a like back in the same way. False when the member does not like the target. */
export async function cancelLike(
  sql: Queryable,
  event: NewEvent,
  target: LikeTarget,
  memberId: number,
): Promise<boolean> {
  const { like, id } = namesOf(sql, target)
  const rows = await sql`
    with changed as (
      update ${like} set liked = false, version = version + 1, updated_at = now()
      where ${id} = ${target.id} and member_id = ${memberId} and liked
      returning ${id} as target_id, member_id, version, created_at, updated_at
    ), counted as (${decrementLikeCount(sql, target)}),
    ${outboxEntry(sql, 'content', event, subjectOf(sql, target))}
    select from changed`
  return rows.length === 1
}

const namesOf = (sql: Queryable, { kind }: LikeTarget): { like: Fragment; id: Fragment } =>
  kind === 'post'
    ? { like: sql`content.post_like`, id: sql`post_id` }
    : { like: sql`content.comment_like`, id: sql`comment_id` }

/** A post gets its counter with its first like, comment or view; a comment has its own column. */
const incrementLikeCount = (sql: Queryable, { kind }: LikeTarget): Fragment =>
  kind === 'post'
    ? sql`
      insert into content.post_counter as counter (post_id, post_created_at, like_count)
      select post.id, post.created_at, 1
      from changed join content.post on post.id = changed.target_id
      on conflict (post_id) do update set like_count = counter.like_count + 1`
    : sql`
      update content.comment set like_count = like_count + 1 from changed
      where comment.id = changed.target_id returning comment.post_id`

const decrementLikeCount = (sql: Queryable, { kind }: LikeTarget): Fragment =>
  kind === 'post'
    ? sql`
      update content.post_counter set like_count = like_count - 1
      where post_id = (select target_id from changed)`
    : sql`
      update content.comment set like_count = like_count - 1 from changed
      where comment.id = changed.target_id returning comment.post_id`

/** The subject of the event: the post of a liked comment comes from the row that was counted. */
const subjectOf = (sql: Queryable, { kind }: LikeTarget): Fragment =>
  kind === 'post'
    ? sql`
      select target_id as row_id, member_id, target_id as post_id, null::bigint as comment_id,
             null::bigint as target_member_id, version, created_at, updated_at
      from changed`
    : sql`
      select target_id as row_id, member_id, post_id, target_id as comment_id,
             null::bigint as target_member_id, version, created_at, updated_at
      from changed, counted`

/** Whether there is a live post that the member may see. */
export async function isPostVisible(
  sql: Queryable,
  postId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    select from content.post
    where id = ${postId} and deleted_at is null and member.may_see(${memberId}, author_id)`
  return rows.length === 1
}

/** Whether there is a live comment that the member may see, on a live post that the member may see. */
export async function isCommentVisible(
  sql: Queryable,
  commentId: number,
  memberId: number,
): Promise<boolean> {
  const rows = await sql`
    select from content.comment join content.post on post.id = comment.post_id
    where comment.id = ${commentId} and comment.deleted_at is null and post.deleted_at is null
      and member.may_see(${memberId}, comment.author_id)
      and member.may_see(${memberId}, post.author_id)`
  return rows.length === 1
}
