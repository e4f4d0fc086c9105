import { authorColumns } from '@dailyfeed/post-row/author-row'
import { type CommentRow, commentColumns } from '@dailyfeed/post-row/comment-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { maySee } from '@dailyfeed/visibility/visibility.queries'
import type { Fragment } from 'postgres'

/**
 * Comments with their authors, whom the viewer may see, and the viewer's like. The like is a subquery for each comment: in a
 * join PostgreSQL reads the whole table of likes where it estimates that one member has few.
 */
const visibleComments = (sql: Queryable, viewerId: number): Fragment => sql`
  select ${commentColumns(sql)}, ${authorColumns(sql)},
         coalesce((select mine.liked from content.comment_like mine
                   where mine.comment_id = comment.id and mine.member_id = ${viewerId}), false) as liked
  from content.comment
  join member.public_profile author on author.member_id = comment.author_id and ${maySee(sql, viewerId)}`

/** Whether the post of `comment` is live and its author, `author` inside of this, visible to the viewer. */
const onVisiblePost = (sql: Queryable, viewerId: number): Fragment => sql`exists (
  select from content.post join member.public_profile author on author.member_id = post.author_id
  where post.id = comment.post_id and post.deleted_at is null and ${maySee(sql, viewerId)})`

interface CommentRange {
  viewerId: number
  /** The last comment of the page before. */
  afterId: number | undefined
  offset: number
  limit: number
}

/** Top level, oldest first. */
export const findCommentsOfPost = (
  sql: Queryable,
  postId: number,
  { viewerId, afterId = 0, offset, limit }: CommentRange,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.post_id = ${postId} and comment.parent_id is null and comment.deleted_at is null
      and comment.id > ${afterId}
    order by comment.id
    offset ${offset} limit ${limit}`

/** Oldest first. */
export const findReplies = (
  sql: Queryable,
  parentId: number,
  { viewerId, afterId = 0, offset, limit }: CommentRange,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.parent_id = ${parentId} and comment.deleted_at is null and comment.id > ${afterId}
    order by comment.id
    offset ${offset} limit ${limit}`

/** Newest first, without those on posts that are deleted or hidden from the viewer. */
export const findCommentsOfMember = (
  sql: Queryable,
  authorId: number,
  { viewerId, afterId = Number.MAX_SAFE_INTEGER, offset, limit }: CommentRange,
): Promise<CommentRow[]> =>
  sql<CommentRow[]>`
    ${visibleComments(sql, viewerId)}
    where comment.author_id = ${authorId} and comment.deleted_at is null and comment.id < ${afterId}
      and ${onVisiblePost(sql, viewerId)}
    order by comment.id desc
    offset ${offset} limit ${limit}`

export async function findComment(
  sql: Queryable,
  commentId: number,
  viewerId: number,
): Promise<CommentRow | undefined> {
  const [row] = await sql<[CommentRow?]>`
    ${visibleComments(sql, viewerId)}
    where comment.id = ${commentId} and comment.deleted_at is null and ${onVisiblePost(sql, viewerId)}`
  return row
}
