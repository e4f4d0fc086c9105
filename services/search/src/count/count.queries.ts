import type { Queryable } from '@dailyfeed/postgres-support/queryable'

// Each query returns the rows in the order of the ids, once each, without content that is deleted
// or that the viewer may not see.

export interface PostCountsRow {
  id: number
  like_count: number
  comment_count: number
}

export const findPostCounts = (
  sql: Queryable,
  viewerId: number,
  postIds: readonly number[],
): Promise<PostCountsRow[]> =>
  sql<PostCountsRow[]>`
    select post.id, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count
    from (select id, min(position) as position from unnest(${[...postIds]}::bigint[]) with ordinality as given(id, position) group by id) asked
    join content.post on post.id = asked.id and post.deleted_at is null
    left join content.post_counter counter on counter.post_id = post.id
    where member.may_see(${viewerId}, post.author_id)
    order by asked.position`

export interface CommentCountsRow {
  id: number
  like_count: number
}

export const findCommentCounts = (
  sql: Queryable,
  viewerId: number,
  commentIds: readonly number[],
): Promise<CommentCountsRow[]> =>
  sql<CommentCountsRow[]>`
    select comment.id, comment.like_count
    from (select id, min(position) as position from unnest(${[...commentIds]}::bigint[]) with ordinality as given(id, position) group by id) asked
    join content.comment on comment.id = asked.id and comment.deleted_at is null
    join content.post on post.id = comment.post_id and post.deleted_at is null
    where member.may_see(${viewerId}, comment.author_id) and member.may_see(${viewerId}, post.author_id)
    order by asked.position`

export interface FollowerCountsRow {
  member_id: number
  follower_count: number
}

export const findFollowerCounts = (
  sql: Queryable,
  memberIds: readonly number[],
): Promise<FollowerCountsRow[]> =>
  sql<FollowerCountsRow[]>`
    select profile.member_id, profile.followers_count as follower_count
    from (select id, min(position) as position from unnest(${[...memberIds]}::bigint[]) with ordinality as given(id, position) group by id) asked
    join member.public_profile profile on profile.member_id = asked.id and not profile.withdrawn
    order by asked.position`
