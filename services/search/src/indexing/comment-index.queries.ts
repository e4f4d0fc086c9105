import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { IndexEntry, SizedRow } from './post-index.queries.ts'

export type CommentIndexTable = 'comment_index' | 'comment_index_next'

export interface LiveCommentRow {
  id: number
  post_id: number
  author_id: number
  created_at: Date
  content: string
  version: number
}

/** Like `findPostsToIndex`; the comments of a deleted post count as deleted. */
export const findCommentsToIndex = (
  sql: Queryable,
  table: CommentIndexTable,
  commentIds: readonly number[],
): Promise<SizedRow[]> =>
  sql<SizedRow[]>`
    select asked.id, coalesce(octet_length(comment.content), 0) as bytes
    from unnest(${anyOf(commentIds)}::bigint[]) as asked(id)
    left join (
      select comment.id, comment.version, comment.content
      from content.comment join content.post on post.id = comment.post_id
      where comment.id = any(${anyOf(commentIds)}::bigint[])
        and comment.deleted_at is null and post.deleted_at is null
    ) comment on comment.id = asked.id
    left join search.${sql(table)} known on known.comment_id = asked.id
    where comment.id is null or known.version is null or known.version < comment.version
    order by asked.id`

/** The current state of these comments, without deleted ones and those of deleted posts. */
export const findLiveComments = (
  sql: Queryable,
  commentIds: readonly number[],
): Promise<LiveCommentRow[]> =>
  sql<LiveCommentRow[]>`
    select comment.id, comment.post_id, comment.author_id, comment.created_at, comment.content,
           comment.version
    from content.comment join content.post on post.id = comment.post_id
    where comment.id = any(${anyOf(commentIds)}::bigint[])
      and comment.deleted_at is null and post.deleted_at is null`

/** Stores entries under the conditions of `upsertPosts`. Returns the ids that changed. */
export async function upsertComments(
  sql: Queryable,
  table: CommentIndexTable,
  entries: readonly IndexEntry[],
): Promise<number[]> {
  const rows = await sql<{ comment_id: number }[]>`
    insert into search.${sql(table)} as known
      (comment_id, post_id, author_id, created_at, version, tokens)
    select comment.id, comment.post_id, comment.author_id, comment.created_at, comment.version,
           entry.tokens::tsvector
    from unnest(
      ${entries.map(({ id }) => id)}::bigint[], ${entries.map(({ version }) => version)}::bigint[],
      ${entries.map(({ tokens }) => tokens)}::text[]
    ) as entry(id, version, tokens)
    join content.comment
      on comment.id = entry.id and comment.version = entry.version and comment.deleted_at is null
    order by comment.id
    on conflict (comment_id) do update
    set version = excluded.version, tokens = excluded.tokens, indexed_at = now()
    where known.version < excluded.version
    returning known.comment_id`
  return rows.map(({ comment_id }) => comment_id)
}

/** The ids of those of these comments that are deleted, do not exist, or are on a deleted post. */
export async function findGoneComments(
  sql: Queryable,
  commentIds: readonly number[],
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select asked.id from unnest(${anyOf(commentIds)}::bigint[]) as asked(id)
    where not exists (
      select from content.comment join content.post on post.id = comment.post_id
      where comment.id = asked.id and comment.deleted_at is null and post.deleted_at is null)`
  return rows.map(({ id }) => id)
}

export async function deleteComments(
  sql: Queryable,
  table: CommentIndexTable,
  commentIds: readonly number[],
): Promise<number> {
  const rows = await sql`
    delete from search.${sql(table)}
    where comment_id = any(${anyOf(commentIds)}::bigint[]) returning comment_id`
  return rows.length
}

/** The ids of at most `limit` indexed comments of those of these posts that are deleted. */
export async function findCommentsOfGonePosts(
  sql: Queryable,
  postIds: readonly number[],
  limit: number,
): Promise<number[]> {
  const rows = await sql<{ comment_id: number }[]>`
    select comment_id from search.comment_index known
    where post_id = any(${anyOf(postIds)}::bigint[])
      and not exists (select from content.post where id = known.post_id and deleted_at is null)
    order by comment_id limit ${limit}`
  return rows.map(({ comment_id }) => comment_id)
}

/** Deletes at most `limit` comments of these authors, and returns how many. */
export async function deleteCommentsOf(
  sql: Queryable,
  authorIds: readonly number[],
  limit: number,
): Promise<number> {
  const rows = await sql`
    delete from search.comment_index where comment_id in (
      select comment_id from search.comment_index
      where author_id = any(${anyOf(authorIds)}::bigint[]) limit ${limit}
    ) returning comment_id`
  return rows.length
}

/** The ids of a range whose entry in the index is missing, outdated, or of a deleted comment. */
export const findOutdatedComments = (
  sql: Queryable,
  table: CommentIndexTable,
  fromId: number,
  toId: number,
): Promise<{ id: number }[]> =>
  sql<{ id: number }[]>`
    select coalesce(comment.id, known.comment_id) as id
    from (
      select comment.id, comment.version
      from content.comment join content.post on post.id = comment.post_id
      where comment.id >= ${fromId} and comment.id < ${toId}
        and comment.deleted_at is null and post.deleted_at is null
    ) comment
    full join (
      select comment_id, version from search.${sql(table)}
      where comment_id >= ${fromId} and comment_id < ${toId}
    ) known on known.comment_id = comment.id
    where known.version is null or comment.version is null or known.version < comment.version
    order by 1`

/**
 * The ids of these comments whose entry in the index is missing, outdated, or of a deleted comment.
 */
export async function findOutdatedCommentsIn(
  sql: Queryable,
  commentIds: readonly number[],
): Promise<Set<number>> {
  const rows = await sql<{ id: number }[]>`
    select asked.id
    from unnest(${anyOf(commentIds)}::bigint[]) as asked(id)
    left join (
      select comment.id, comment.version
      from content.comment join content.post on post.id = comment.post_id
      where comment.id = any(${anyOf(commentIds)}::bigint[])
        and comment.deleted_at is null and post.deleted_at is null
    ) comment on comment.id = asked.id
    left join search.comment_index known on known.comment_id = asked.id
    where (comment.id is null) <> (known.comment_id is null) or known.version < comment.version`
  return new Set(rows.map(({ id }) => id))
}

/** The ids of those of these posts that are deleted and still have indexed comments. */
export async function findGonePostsWithComments(
  sql: Queryable,
  postIds: readonly number[],
): Promise<Set<number>> {
  const rows = await sql<{ post_id: number }[]>`
    select distinct post_id from search.comment_index known
    where post_id = any(${anyOf(postIds)}::bigint[])
      and not exists (select from content.post where id = known.post_id and deleted_at is null)`
  return new Set(rows.map(({ post_id }) => post_id))
}

const COMPARED_COMMENTS = 1_000

/** Those of the author's newest 1,000 comments whose entry is missing or outdated, as of posts. */
export const findOutdatedCommentsOf = (
  sql: Queryable,
  authorId: number,
  limit: number,
): Promise<SizedRow[]> =>
  sql<SizedRow[]>`
    select comment.id, comment.bytes
    from (
      select id, author_id, post_id, version, updated_at,
             octet_length(content) as bytes
      from content.comment
      where author_id = ${authorId} and deleted_at is null
      order by id desc limit ${COMPARED_COMMENTS}
    ) comment
    join content.post on post.id = comment.post_id and post.deleted_at is null
    left join search.comment_index known
      on known.comment_id = comment.id and known.author_id = comment.author_id
    where known.version is null or known.version < comment.version
    order by comment.updated_at desc, comment.id desc limit ${limit}`

export async function findHighestCommentId(
  sql: Queryable,
  table: CommentIndexTable,
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    select greatest(
      (select max(id) from content.comment), (select max(comment_id) from search.${sql(table)}), 0
    ) as id`
  return row.id
}
