import { type AuthorColumns, authorColumns } from '@dailyfeed/post-row/author-row'
import { type CommentRow, commentColumns } from '@dailyfeed/post-row/comment-row'
import {
  postColumns,
  postCounterColumns,
  type PostWithoutAuthorRow,
} from '@dailyfeed/post-row/post-row'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { blockedOrMutedIds, isPublicAuthor, maySee } from '@dailyfeed/visibility/visibility.queries'
import type { EntryRow } from '../feed/feed-entry.ts'

/** A post and its author without what differs between viewers. */
export interface SharedPostRow extends Omit<PostWithoutAuthorRow, 'liked'>, AuthorColumns {
  /** Whether everybody sees it who has no block with the author. */
  author_is_public: boolean
}

/** Those of these posts that are live, in no order. */
export const findSharedPosts = (
  sql: Queryable,
  postIds: readonly number[],
): Promise<SharedPostRow[]> =>
  sql<SharedPostRow[]>`
    select ${postColumns(sql)}, ${postCounterColumns(sql)}, ${authorColumns(sql)},
           ${isPublicAuthor(sql)} as author_is_public
    from content.post
    join member.public_profile author on author.member_id = post.author_id
    left join content.post_counter counter on counter.post_id = post.id
    where post.id = any (${anyOf(postIds)}::bigint[]) and post.deleted_at is null`

/** The newest live posts of everybody, oldest first. */
export async function findNewestPosts(
  sql: Queryable,
  limit: number,
): Promise<{ ids: number[]; author_ids: number[] }> {
  const [row] = await sql<[{ ids: number[]; author_ids: number[] }]>`
    with newest as materialized (
      select id, author_id from content.post where deleted_at is null order by id desc limit ${limit})
    select array(select id from newest order by id) as ids, array(select author_id from newest order by id) as author_ids`
  return row
}

/** The newest live posts of each of these authors above an id, newest first. */
export const findPostsAbove = (
  sql: Queryable,
  authorIds: readonly number[],
  aboveId: number,
  limit: number,
): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    select post.id, post.author_id
    from unnest(${anyOf(authorIds)}::bigint[]) as author (id) cross join lateral (
      select id, author_id from content.post
      where author_id = author.id and id > ${aboveId} and deleted_at is null
      order by id desc limit ${limit}) post
    order by post.id desc
    limit ${limit}`

/** The oldest live comments of a post at the top level, of all authors. */
export const findFirstComments = (
  sql: Queryable,
  postId: number,
  limit: number,
): Promise<Omit<CommentRow, 'liked'>[]> =>
  sql<Omit<CommentRow, 'liked'>[]>`
    select ${commentColumns(sql)}, ${authorColumns(sql)}
    from content.comment
    join member.public_profile author on author.member_id = comment.author_id
    where comment.post_id = ${postId} and comment.parent_id is null and comment.deleted_at is null
    order by comment.id
    limit ${limit}`

/** Ids of the members whom a member follows, ascending. */
export async function findFollowingIds(sql: Queryable, memberId: number): Promise<number[]> {
  const [row] = await sql<[{ ids: number[] }]>`
    select array(select following_id from member.follow where follower_id = ${memberId} order by following_id) as ids`
  return row.ids
}

/** Everything that is loaded of a viewer who is not cached. */
export interface ViewerRow {
  /** Ascending. */
  following_ids: number[]
  /** Those of `following_ids` whose posts are not pushed into Redis. */
  heavy_ids: number[]
  /** Members with a block in either direction or a mute by the viewer: at most `max` and one more. Ascending. */
  blocked_or_muted_ids: number[]
  /** The highest `max` ids of posts that the viewer likes, highest first. */
  liked_ids: number[]
}

export async function findViewer(
  sql: Queryable,
  viewerId: number,
  max: number,
): Promise<ViewerRow> {
  const [row] = await sql<[ViewerRow]>`
    select array(select following_id from member.follow where follower_id = ${viewerId} order by following_id) as following_ids,
           array(select author_id from timeline.heavy_author join member.follow on following_id = author_id where follower_id = ${viewerId}) as heavy_ids,
           array(select id from (${blockedOrMutedIds(sql, viewerId)} limit ${max + 1}) related order by id) as blocked_or_muted_ids,
           array(select post_id from content.post_like where member_id = ${viewerId} and liked order by post_id desc limit ${max}) as liked_ids`
  return row
}

export type LikedKind = 'posts' | 'comments'

export interface RelationsRow {
  /** Authors whom the viewer may see. */
  visible: number[]
  /** Authors whom the viewer has muted, visible or not. */
  muted: number[]
  /** Posts or comments that the viewer likes. */
  liked: number[]
}

/** Which of these authors the viewer may see and has muted, and which of these posts or comments the viewer likes. */
export async function findRelations(
  sql: Queryable,
  viewerId: number,
  authorIds: readonly number[],
  kind: LikedKind,
  ids: readonly number[],
): Promise<RelationsRow> {
  const liked =
    kind === 'posts'
      ? sql`select post_id from content.post_like where member_id = ${viewerId} and post_id = any (${anyOf(ids)}::bigint[]) and liked`
      : sql`select comment_id from content.comment_like where member_id = ${viewerId} and comment_id = any (${anyOf(ids)}::bigint[]) and liked`
  const [row] = await sql<[RelationsRow]>`
    select array(select author.member_id from member.public_profile author
                 where author.member_id = any (${anyOf(authorIds)}::bigint[]) and ${maySee(sql, viewerId)}) as visible,
           array(select muted_id from member.mute where muter_id = ${viewerId} and muted_id = any (${anyOf(authorIds)}::bigint[])) as muted,
           array(${liked}) as liked`
  return row
}
