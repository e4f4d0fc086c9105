import type { Sql } from 'postgres'

export interface EntryRow {
  id: number
  author_id: number
}

interface FollowingStretch {
  viewerId: number
  /** Only posts with a lower id. */
  before: number
  hiddenAuthorIds: readonly number[]
  limit: number
}

/** How far back the newest posts of everybody are looked through before each author is asked. */
const RECENT_IDS = 20_000

/**
 * From the newest posts of everybody, backwards: the fastest where followings write often. It sees every post of its
 * stretch of ids, so what it finds is exact, but there may be more below. Measured: speed figures in the README.
 */
export const findRecentEntries = (sql: Sql, { viewerId, before, hiddenAuthorIds, limit }: FollowingStretch): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    select id, author_id from content.post
    where id < ${before}::bigint and id > ${before}::bigint - ${RECENT_IDS} and deleted_at is null
      and author_id = any (array(
        select following_id from member.follow where follower_id = ${viewerId} and following_id <> all (${hiddenAuthorIds as number[]}::bigint[])))
    order by id desc
    limit ${limit}`

/**
 * From each author's own newest posts, however old. A page of n can only come from the n authors with the newest posts,
 * so only these are asked for more than one.
 */
export const findEntriesByAuthor = (sql: Sql, { viewerId, before, hiddenAuthorIds, limit }: FollowingStretch): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    with newest as materialized (
      select follow.following_id as author_id, post.id
      from member.follow cross join lateral (
        select id from content.post where author_id = follow.following_id and id < ${before} and deleted_at is null order by id desc limit 1) post
      where follow.follower_id = ${viewerId} and follow.following_id <> all (${hiddenAuthorIds as number[]}::bigint[])
      order by post.id desc
      limit ${limit}
    )
    select post.id, post.author_id
    from newest cross join lateral (
      select id, author_id from content.post where author_id = newest.author_id and id < ${before} and deleted_at is null order by id desc limit ${limit}) post
    order by post.id desc
    limit ${limit}`

/** The lowest id that no post has yet. */
export async function findNextPostId(sql: Sql): Promise<number> {
  const [row] = await sql<[{ next: number }]>`select coalesce((select max(id) from content.post), 0) + 1 as next`
  return row.next
}
