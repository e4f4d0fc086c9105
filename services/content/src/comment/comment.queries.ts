import { authorColumns } from '@dailyfeed/post-row/author-row'
import { commentColumns, type CommentRow } from '@dailyfeed/post-row/comment-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** The row of the contract's Comment, with the version for its event. */
export interface VersionedCommentRow extends CommentRow {
  version: number
}

/**
 * Locks a live post that the member may see, until the transaction ends, so that a deletion of
 * the post or of a comment below it cannot run beside a new comment. False when there is no such
 * post.
 */
export async function lockPost(sql: Queryable, postId: number, memberId: number): Promise<boolean> {
  const rows = await sql`
    select from content.post
    where id = ${postId} and deleted_at is null and member.may_see(${memberId}, author_id)
    for no key update`
  return rows.length === 1
}

export interface ParentRow {
  post_id: number
  depth: number
}

/** Finds a live comment that the member may see. */
export async function findParent(
  sql: Queryable,
  commentId: number,
  memberId: number,
): Promise<ParentRow | undefined> {
  const [row] = await sql<[ParentRow?]>`
    select post_id, depth from content.comment
    where id = ${commentId} and deleted_at is null and member.may_see(${memberId}, author_id)`
  return row
}

interface NewComment {
  postId: number
  parentId: number | null
  depth: number
  authorId: number
  content: string
}

/**
 * Call in a transaction that holds the post's lock. That transaction may have begun before the
 * one of a newer comment, so `last_commented_at` never moves back.
 */
export async function insertComment(
  sql: Queryable,
  { postId, parentId, depth, authorId, content }: NewComment,
): Promise<VersionedCommentRow> {
  const [row] = await sql<[VersionedCommentRow]>`
    with comment as (
      insert into content.comment (post_id, parent_id, depth, author_id, content)
      values (${postId}, ${parentId}, ${depth}, ${authorId}, ${content})
      returning *
    ), replied as (
      update content.comment set reply_count = reply_count + 1 where id = ${parentId}
    ), counted as (
      insert into content.post_counter as counter
        (post_id, post_created_at, comment_count, last_commented_at)
      select id, created_at, 1, now() from content.post where id = ${postId}
      on conflict (post_id) do update
      set comment_count = counter.comment_count + 1,
          last_commented_at = greatest(counter.last_commented_at, now())
    )
    select ${commentColumns(sql)}, comment.version, ${authorColumns(sql)}, false as liked
    from comment join member.public_profile author on author.member_id = comment.author_id`
  return row
}

/** Undefined when the comment is deleted. */
export async function updateComment(
  sql: Queryable,
  commentId: number,
  content: string,
): Promise<VersionedCommentRow | undefined> {
  const [row] = await sql<[VersionedCommentRow?]>`
    with comment as (
      update content.comment set content = ${content}, version = version + 1,
        updated_at = greatest(now(), created_at + interval '1 millisecond')
      where id = ${commentId} and deleted_at is null
      returning *
    )
    select ${commentColumns(sql)}, comment.version, ${authorColumns(sql)},
           coalesce(mine.liked, false) as liked
    from comment
    join member.public_profile author on author.member_id = comment.author_id
    left join content.comment_like mine
      on mine.comment_id = comment.id and mine.member_id = comment.author_id`
  return row
}

export interface CommentStateRow {
  author_id: number
  post_id: number
}

/** Finds a live comment on a live post, both visible to the member. */
export async function findCommentState(
  sql: Queryable,
  commentId: number,
  memberId: number,
): Promise<CommentStateRow | undefined> {
  const [row] = await sql<[CommentStateRow?]>`
    select comment.author_id, comment.post_id
    from content.comment join content.post on post.id = comment.post_id
    where comment.id = ${commentId} and comment.deleted_at is null and post.deleted_at is null
      and member.may_see(${memberId}, comment.author_id)
      and member.may_see(${memberId}, post.author_id)`
  return row
}

/** A comment as the event of its change needs it. */
export interface ChangedCommentRow {
  id: number
  post_id: number
  author_id: number
  version: number
  created_at: Date
  updated_at: Date
}

/**
 * Deletes the comment and all live replies below it, and returns them; none when the comment was
 * deleted already. Call in a transaction that holds the post's lock.
 */
export async function deleteCommentTree(
  sql: Queryable,
  commentId: number,
): Promise<ChangedCommentRow[]> {
  return sql<ChangedCommentRow[]>`
    with recursive tree as (
      select id, parent_id from content.comment where id = ${commentId} and deleted_at is null
      union all
      select reply.id, reply.parent_id
      from content.comment reply join tree on reply.parent_id = tree.id
      where reply.deleted_at is null
    ), deleted as (
      update content.comment set deleted_at = now(), version = version + 1
      where id in (select id from tree)
      returning id, post_id, author_id, parent_id, version, created_at, updated_at
    ), left_parent as (
      update content.comment set reply_count = reply_count - 1
      where id = (select parent_id from deleted where id = ${commentId})
    ), counted as (
      update content.post_counter counter
      set comment_count = comment_count - (select count(*) from deleted),
          last_commented_at = (
            select max(created_at) from content.comment kept
            where kept.post_id = counter.post_id and kept.deleted_at is null
              and kept.id not in (select id from tree)
          )
      where post_id = (select post_id from deleted limit 1)
    )
    select id, post_id, author_id, version, created_at, updated_at from deleted order by id`
}
