import type { Fragment, Sql } from 'postgres'
import { maySee } from '../visibility/visibility.queries.ts'

export interface CommentRow {
  id: number
  post_id: number
  parent_id: number | null
  depth: number
  author_id: number
  author_name: string
  author_handle: string
  author_avatar_url: string | null
  content: string
  like_count: number
  reply_count: number
  liked: boolean
  created_at: Date
  updated_at: Date
}

/** What everybody sees alike of a comment and its author. */
export const commentColumns = (sql: Sql): Fragment => sql`
  comment.id, comment.post_id, comment.parent_id, comment.depth, comment.author_id, comment.content, comment.like_count, comment.reply_count,
  comment.created_at, comment.updated_at, author.member_name as author_name, author.handle as author_handle, author.avatar_url as author_avatar_url`

/**
 * A live comment with its author, who is visible to the viewer, and the viewer's own like: asked for each comment by itself,
 * since PostgreSQL reads all likes there are where it thinks that one member's are few.
 */
const visibleComments = (sql: Sql, viewerId: number): Fragment => sql`
  select ${commentColumns(sql)},
         coalesce((select mine.liked from content.comment_like mine where mine.comment_id = comment.id and mine.member_id = ${viewerId}), false) as liked
  from content.comment
  join member.public_profile author on author.member_id = comment.author_id and ${maySee(sql, viewerId)}`

/** The comment's post lives, and its author, who is `author` in here, is visible to the viewer. */
const onVisiblePost = (sql: Sql, viewerId: number): Fragment => sql`exists (
  select from content.post join member.public_profile author on author.member_id = post.author_id
  where post.id = comment.post_id and post.deleted_at is null and ${maySee(sql, viewerId)})`

interface Stretch {
  viewerId: number
  /** The last comment seen. */
  afterId: number | undefined
  offset: number
  limit: number
}

/** Top level, oldest first. */
export const findCommentsOfPost = (
  sql: Sql,
  postId: number,
  { viewerId, afterId = 0, offset, limit }: Stretch,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.post_id = ${postId} and comment.parent_id is null and comment.deleted_at is null and comment.id > ${afterId}
    order by comment.id
    offset ${offset} limit ${limit}`

/** Oldest first. */
export const findReplies = (
  sql: Sql,
  parentId: number,
  { viewerId, afterId = 0, offset, limit }: Stretch,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.parent_id = ${parentId} and comment.deleted_at is null and comment.id > ${afterId}
    order by comment.id
    offset ${offset} limit ${limit}`

/** Newest first, without those on posts that are gone or not for the viewer. */
export const findCommentsOfMember = (
  sql: Sql,
  authorId: number,
  { viewerId, afterId = Number.MAX_SAFE_INTEGER, offset, limit }: Stretch,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.author_id = ${authorId} and comment.deleted_at is null and comment.id < ${afterId} and ${onVisiblePost(sql, viewerId)}
    order by comment.id desc
    offset ${offset} limit ${limit}`

export async function findComment(
  sql: Sql,
  commentId: number,
  viewerId: number,
): Promise<CommentRow | undefined> {
  const [row] = await sql<[CommentRow?]>`
    ${visibleComments(sql, viewerId)}
    where comment.id = ${commentId} and comment.deleted_at is null and ${onVisiblePost(sql, viewerId)}`
  return row
}
