import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { IndexTable } from '../engine/search-engine.ts'

export type PostIndexTable = 'post_index' | 'post_index_next'

export interface LivePostRow {
  id: number
  author_id: number
  created_at: Date
  title: string
  content: string
  version: number
}

/** A post or comment to index, with the bytes of its text. */
export interface SizedRow {
  id: number
  bytes: number
}

/**
 * Those of these posts whose entry is missing or outdated, and those that are deleted or do not exist, which have no
 * text. By ascending id. PostgreSQL knows the size of a text without reading it.
 */
export const findPostsToIndex = (
  sql: Queryable,
  table: PostIndexTable,
  postIds: readonly number[],
): Promise<SizedRow[]> =>
  sql<SizedRow[]>`
    select asked.id, coalesce(octet_length(post.title) + octet_length(post.content), 0) as bytes
    from unnest(${anyOf(postIds)}::bigint[]) as asked(id)
    left join content.post on post.id = asked.id and post.deleted_at is null
    left join search.${sql(table)} known on known.post_id = asked.id
    where post.id is null or known.version is null or known.version < post.version
    order by asked.id`

/** The current state of these posts, without deleted ones. */
export const findLivePosts = (sql: Queryable, postIds: readonly number[]): Promise<LivePostRow[]> =>
  sql<LivePostRow[]>`
    select id, author_id, created_at, title, content, version
    from content.post where id = any(${anyOf(postIds)}::bigint[]) and deleted_at is null`

export interface IndexEntry {
  id: number
  version: number
  /** The text of a tsvector. */
  tokens: string
}

/**
 * Stores the entries that are newer than the index and equal to the current state of content-svc:
 * an older version that arrives late, or one of a post that has been deleted, changes nothing. In
 * the order of ids, so that two batches cannot deadlock. Returns the ids that changed.
 */
export async function upsertPosts(
  sql: Queryable,
  table: PostIndexTable,
  entries: readonly IndexEntry[],
): Promise<number[]> {
  const rows = await sql<{ post_id: number }[]>`
    insert into search.${sql(table)} as known (post_id, author_id, created_at, version, tokens)
    select post.id, post.author_id, post.created_at, post.version, entry.tokens::tsvector
    from unnest(
      ${entries.map(({ id }) => id)}::bigint[], ${entries.map(({ version }) => version)}::bigint[],
      ${entries.map(({ tokens }) => tokens)}::text[]
    ) as entry(id, version, tokens)
    join content.post
      on post.id = entry.id and post.version = entry.version and post.deleted_at is null
    order by post.id
    on conflict (post_id) do update
    set version = excluded.version, tokens = excluded.tokens, indexed_at = now()
    where known.version < excluded.version
    returning known.post_id`
  return rows.map(({ post_id }) => post_id)
}

/** The ids of those of these posts that are deleted or do not exist. */
export async function findGonePosts(sql: Queryable, postIds: readonly number[]): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select asked.id from unnest(${anyOf(postIds)}::bigint[]) as asked(id)
    where not exists (select from content.post where id = asked.id and deleted_at is null)`
  return rows.map(({ id }) => id)
}

export async function deletePosts(
  sql: Queryable,
  table: PostIndexTable,
  postIds: readonly number[],
): Promise<number> {
  const rows = await sql`
    delete from search.${sql(table)}
    where post_id = any(${anyOf(postIds)}::bigint[]) returning post_id`
  return rows.length
}

/** Deletes at most `limit` posts of these authors, and returns how many. */
export async function deletePostsOf(
  sql: Queryable,
  authorIds: readonly number[],
  limit: number,
): Promise<number> {
  const rows = await sql`
    delete from search.post_index where post_id in (
      select post_id from search.post_index
      where author_id = any(${anyOf(authorIds)}::bigint[]) limit ${limit}
    ) returning post_id`
  return rows.length
}

/** Whether a post or comment of the author was indexed within the last seconds. */
export async function wasIndexedWithin(
  sql: Queryable,
  table: IndexTable,
  authorId: number,
  seconds: number,
): Promise<boolean> {
  const rows = await sql`
    select from search.${sql(table)}
    where author_id = ${authorId} and indexed_at > now() - make_interval(secs => ${seconds})
    limit 1`
  return rows.length > 0
}

/** The ids of a range whose entry in the index is missing, outdated, or of a deleted post. */
export const findOutdatedPosts = (
  sql: Queryable,
  table: PostIndexTable,
  fromId: number,
  toId: number,
): Promise<{ id: number }[]> =>
  sql<{ id: number }[]>`
    select coalesce(post.id, known.post_id) as id
    from (
      select id, version from content.post
      where id >= ${fromId} and id < ${toId} and deleted_at is null
    ) post
    full join (
      select post_id, version from search.${sql(table)}
      where post_id >= ${fromId} and post_id < ${toId}
    ) known on known.post_id = post.id
    where known.version is null or post.version is null or known.version < post.version
    order by 1`

/** The ids of these posts whose entry in the index is missing, outdated, or of a deleted post. */
export async function findOutdatedPostsIn(
  sql: Queryable,
  postIds: readonly number[],
): Promise<Set<number>> {
  const rows = await sql<{ id: number }[]>`
    select asked.id
    from unnest(${anyOf(postIds)}::bigint[]) as asked(id)
    left join content.post on post.id = asked.id and post.deleted_at is null
    left join search.post_index known on known.post_id = asked.id
    where (post.id is null) <> (known.post_id is null) or known.version < post.version`
  return new Set(rows.map(({ id }) => id))
}

/** Own posts that a search compares with the index: comparing all would cost a prolific author each search. */
const COMPARED_POSTS = 1_000

/**
 * Those of the author's newest 1,000 posts whose entry in the index is missing or outdated, the last
 * written first.
 */
export const findOutdatedPostsOf = (
  sql: Queryable,
  authorId: number,
  limit: number,
): Promise<SizedRow[]> =>
  sql<SizedRow[]>`
    select post.id, post.bytes
    from (
      select id, author_id, version, updated_at,
             octet_length(title) + octet_length(content) as bytes
      from content.post
      where author_id = ${authorId} and deleted_at is null
      order by id desc limit ${COMPARED_POSTS}
    ) post
    left join search.post_index known
      on known.post_id = post.id and known.author_id = post.author_id
    where known.version is null or known.version < post.version
    order by post.updated_at desc, post.id desc limit ${limit}`

export async function findHighestPostId(sql: Queryable, table: PostIndexTable): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    select greatest(
      (select max(id) from content.post), (select max(post_id) from search.${sql(table)}), 0
    ) as id`
  return row.id
}
