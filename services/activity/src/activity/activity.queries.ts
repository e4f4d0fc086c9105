import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface ActivityRow {
  message_key: string
  type: string
  member_id: number
  post_id: number | null
  comment_id: number | null
  target_member_id: number | null
  /** ISO 8601 with microseconds, which a Date would lose: cursors have to be exact. */
  occurred_at: string
  created_at: Date
  updated_at: Date
}

export interface Range {
  /** The position of the last item seen; undefined at the beginning. */
  after: { occurredAt: string; messageKey: string } | undefined
  limit: number
}

const columns = (sql: Queryable) => sql`
  record.message_key, record.type, record.member_id, record.post_id, record.comment_id,
  record.target_member_id, record.created_at, record.updated_at,
  to_char(record.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at`

const isAfter = (sql: Queryable, after: Range['after']) =>
  after === undefined
    ? sql``
    : sql`
      and (record.occurred_at, record.message_key)
        < (${after.occurredAt}::text::timestamptz, ${after.messageKey})`

/** Newest first. */
export async function findActivitiesOf(
  sql: Queryable,
  memberId: number,
  { after, offset, limit }: Range & { offset: number },
): Promise<ActivityRow[]> {
  return sql<ActivityRow[]>`
    select ${columns(sql)} from activity.record
    where record.member_id = ${memberId} ${isAfter(sql, after)}
    order by record.occurred_at desc, record.message_key desc
    offset ${offset} limit ${limit}`
}

/**
 * The newest posts, comments, likes and follows of `followed.member_id` that still exist, as far as
 * the viewer may see the authors and members they concern. For the member's own posts and comments
 * visibility is not evaluated again: the caller has done that once per member.
 */
const newestVisible = (
  sql: Queryable,
  viewerId: number,
  after: Range['after'],
  limit: number,
) => sql`
  select record.* from activity.record
  where record.member_id = followed.member_id
    and record.type in (
      'POST_CREATE', 'POST_UPDATE', 'COMMENT_CREATE', 'COMMENT_UPDATE', 'LIKE_POST',
      'LIKE_COMMENT', 'MEMBER_FOLLOW'
    )
    ${isAfter(sql, after)}
    and (record.post_id is null or exists (
      select from content.post
      where post.id = record.post_id and post.deleted_at is null and (
        post.author_id = record.member_id or member.may_see(${viewerId}, post.author_id)
      )
    ))
    and (record.comment_id is null or exists (
      select from content.comment
      where comment.id = record.comment_id and comment.deleted_at is null and (
        comment.author_id = record.member_id or member.may_see(${viewerId}, comment.author_id)
      )
    ))
    and (
      record.target_member_id is null or member.may_see(${viewerId}, record.target_member_id)
    )
    and case record.type
      when 'LIKE_POST' then exists (
        select from content.post_like l
        where l.post_id = record.post_id and l.member_id = record.member_id and l.liked
      )
      when 'LIKE_COMMENT' then exists (
        select from content.comment_like l
        where l.comment_id = record.comment_id and l.member_id = record.member_id and l.liked
      )
      when 'MEMBER_FOLLOW' then exists (
        select from member.follow f
        where f.follower_id = record.member_id and f.following_id = record.target_member_id
      )
      else true
    end
  order by record.occurred_at desc, record.message_key desc
  limit ${limit}`

/**
 * Newest first, in two steps. The first finds the newest visible activity of each followed member.
 * The newest n of all can only belong to the n members whose newest activity is the newest, so the
 * second step searches those members alone. It reads up to n activities of n members: a page far down
 * the list is therefore reached in several rounds, and not by an offset.
 */
export async function findActivitiesOfFollowings(
  sql: Queryable,
  viewerId: number,
  { after, limit }: Range,
): Promise<ActivityRow[]> {
  return sql<ActivityRow[]>`
    select ${columns(sql)}
    from (
      select followed.member_id
      from (
        select following_id as member_id from member.follow
        where follower_id = ${viewerId} and member.may_see(${viewerId}, following_id)
          and not exists (
            select from member.mute where muter_id = ${viewerId} and muted_id = following_id
          )
      ) as followed
      cross join lateral (${newestVisible(sql, viewerId, after, 1)}) as newest
      order by newest.occurred_at desc, newest.message_key desc
      limit ${limit}
    ) as followed
    cross join lateral (${newestVisible(sql, viewerId, after, limit)}) as record
    order by record.occurred_at desc, record.message_key desc
    limit ${limit}`
}
