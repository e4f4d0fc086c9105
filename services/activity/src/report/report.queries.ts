import type { ActivityType } from '@dailyfeed/contract/event-registry'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** The state of a post or comment, and the member's like of it. */
export interface ContentRow {
  author_id: number
  /** Whether the member may see its author, also where it is deleted. */
  visible: boolean
  edited: boolean
  created_at: Date
  updated_at: Date
  deleted_at: Date | null
  /** Null if the member never liked it. */
  liked: boolean | null
  like_created_at: Date | null
  like_updated_at: Date | null
}

export async function findPost(
  sql: Queryable,
  postId: number,
  memberId: number,
): Promise<ContentRow | undefined> {
  const [row] = await sql<[ContentRow?]>`
    select post.author_id, member.may_see(${memberId}, post.author_id) as visible,
           post.version > 1 as edited, post.created_at, post.updated_at, post.deleted_at,
           mine.liked, mine.created_at as like_created_at, mine.updated_at as like_updated_at
    from content.post
    left join content.post_like mine on mine.post_id = post.id and mine.member_id = ${memberId}
    where post.id = ${postId}`
  return row
}

export async function findComment(
  sql: Queryable,
  commentId: number,
  postId: number,
  memberId: number,
): Promise<ContentRow | undefined> {
  const [row] = await sql<[ContentRow?]>`
    select comment.author_id,
           member.may_see(${memberId}, comment.author_id)
             and member.may_see(${memberId}, post.author_id) as visible,
           comment.version > 1 as edited, comment.created_at, comment.updated_at,
           coalesce(comment.deleted_at, post.deleted_at) as deleted_at,
           mine.liked, mine.created_at as like_created_at, mine.updated_at as like_updated_at
    from content.comment
    join content.post on post.id = comment.post_id
    left join content.comment_like mine
      on mine.comment_id = comment.id and mine.member_id = ${memberId}
    where comment.id = ${commentId} and comment.post_id = ${postId}`
  return row
}

export interface ReportedRecord {
  messageKey: string
  type: ActivityType
  memberId: number
  postId: number
  commentId: number | null
  occurredAt: Date
  createdAt: Date
  updatedAt: Date
  /** A read can be reported again; any other action has one record. */
  repeatable: boolean
}

/** Has no effect where the relay or an earlier report has recorded the action already. */
export async function insertReportedRecord(
  sql: Queryable,
  {
    messageKey,
    type,
    memberId,
    postId,
    commentId,
    occurredAt,
    createdAt,
    updatedAt,
    repeatable,
  }: ReportedRecord,
): Promise<void> {
  await sql`
    insert into activity.record (
      message_key, type, member_id, post_id, comment_id, version, occurred_at, created_at,
      updated_at
    )
    select ${messageKey}, ${type}, ${memberId}, ${postId}, ${commentId}, 1, ${occurredAt},
           ${createdAt}, ${updatedAt}
    where ${repeatable} or not exists (
      select from activity.record
      where member_id = ${memberId} and type = ${type} and post_id = ${postId}
        and comment_id is not distinct from ${commentId}::bigint and occurred_at >= ${occurredAt}
    )
    on conflict (message_key) do nothing`
}
