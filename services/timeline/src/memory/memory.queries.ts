import type { Sql } from 'postgres'
import { type CommentRow, commentColumns } from '../comment/comment.queries.ts'
import type { AuthorRow, PostRow } from '../feed/hydration.queries.ts'
import { maySee } from '../visibility/visibility.queries.ts'

/** What everybody sees alike of a post and its author. */
export interface FragmentRow
  extends Omit<PostRow, 'liked'>,
    Pick<AuthorRow, 'member_name' | 'handle' | 'avatar_url'> {
  /** Whether everybody may see it who has no block between them and the author. */
  author_is_public: boolean
}

/** Live posts as everybody sees them, in no order. */
export const findFragments = (sql: Sql, postIds: readonly number[]): Promise<FragmentRow[]> =>
  sql<FragmentRow[]>`
    select post.id, post.author_id, post.title, post.content, post.created_at, post.updated_at,
           coalesce(counter.view_count, 0) as view_count, coalesce(counter.like_count, 0) as like_count, coalesce(counter.comment_count, 0) as comment_count,
           author.member_name, author.handle, author.avatar_url, author.privacy_level = 'PUBLIC' and not author.withdrawn as author_is_public
    from content.post
    join member.public_profile author on author.member_id = post.author_id
    left join content.post_counter counter on counter.post_id = post.id
    where post.id = any (${postIds as number[]}::bigint[]) and post.deleted_at is null`

/** The newest live posts of everybody, oldest first. */
export async function findNewestPostsOfAll(
  sql: Sql,
  limit: number,
): Promise<{ ids: number[]; author_ids: number[] }> {
  const [row] = await sql<[{ ids: number[]; author_ids: number[] }]>`
    with newest as materialized (select id, author_id from content.post where deleted_at is null order by id desc limit ${limit})
    select array(select id from newest order by id) as ids, array(select author_id from newest order by id) as author_ids`
  return row
}

/** The oldest live comments of a post at the top level, as everybody sees them, whoever may. */
export const findFirstComments = (
  sql: Sql,
  postId: number,
  limit: number,
): Promise<Omit<CommentRow, 'liked'>[]> =>
  sql`
    select ${commentColumns(sql)}
    from content.comment
    join member.public_profile author on author.member_id = comment.author_id
    where comment.post_id = ${postId} and comment.parent_id is null and comment.deleted_at is null
    order by comment.id
    limit ${limit}`

/** What is asked of a viewer who is not remembered. */
export interface ViewerRow {
  /** Ascending. */
  following_ids: number[]
  /** Those of them whose posts are not pushed into cached feeds. */
  heavy_ids: number[]
  /** Whom they mute or block, and who blocks them; up to `most` and one more. Ascending. */
  exception_ids: number[]
  /** Of the posts that they like `most` with the highest ids, highest first. */
  liked_ids: number[]
}

export async function findViewer(sql: Sql, viewerId: number, most: number): Promise<ViewerRow> {
  const [row] = await sql<[ViewerRow]>`
    select array(select following_id from member.follow where follower_id = ${viewerId} order by following_id) as following_ids,
           array(select author_id from timeline.heavy_author join member.follow on following_id = author_id where follower_id = ${viewerId}) as heavy_ids,
           array(select id from (
             select muted_id as id from member.mute where muter_id = ${viewerId}
             union all select blocked_id from member.block where blocker_id = ${viewerId}
             union all select blocker_id from member.block where blocked_id = ${viewerId}
             limit ${most + 1}) exception order by id) as exception_ids,
           array(select post_id from content.post_like where member_id = ${viewerId} and liked order by post_id desc limit ${most}) as liked_ids`
  return row
}

export type LikedKind = 'posts' | 'comments'

export interface StandsRow {
  /** Those whom the viewer may see. */
  visible: number[]
  /** Those whom the viewer has muted, visible or not. */
  muted: number[]
  /** Of the posts or comments. */
  liked: number[]
}

/** How the viewer stands to these authors, and which of these posts or comments they like. */
export async function findStands(
  sql: Sql,
  viewerId: number,
  authorIds: readonly number[],
  kind: LikedKind,
  ids: readonly number[],
): Promise<StandsRow> {
  const liked =
    kind === 'posts'
      ? sql`select post_id from content.post_like where member_id = ${viewerId} and post_id = any (${ids as number[]}::bigint[]) and liked`
      : sql`select comment_id from content.comment_like where member_id = ${viewerId} and comment_id = any (${ids as number[]}::bigint[]) and liked`
  const [row] = await sql<[StandsRow]>`
    select array(select author.member_id from member.public_profile author where author.member_id = any (${authorIds as number[]}::bigint[]) and ${maySee(sql, viewerId)}) as visible,
           array(select muted_id from member.mute where muter_id = ${viewerId} and muted_id = any (${authorIds as number[]}::bigint[])) as muted,
           array(${liked}) as liked`
  return row
}
