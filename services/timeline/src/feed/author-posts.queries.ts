import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { EntryRow } from './feed-entry.ts'

interface AuthorsRange {
  authorIds: readonly number[]
  /** Only posts with a lower id. */
  before: number
  limit: number
}

/**
 * The newest live posts of these authors, however old, newest first. A page of n can only come from the n authors with the
 * newest posts, so only these are asked for more than one.
 */
export const findPostsByAuthors = (
  sql: Queryable,
  { authorIds, before, limit }: AuthorsRange,
): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    with newest as materialized (
      select author.id as author_id, post.id
      from unnest(${anyOf(authorIds)}::bigint[]) as author (id) cross join lateral (
        select id from content.post
        where author_id = author.id and id < ${before} and deleted_at is null
        order by id desc limit 1) post
      order by post.id desc
      limit ${limit}
    )
    select post.id, post.author_id
    from newest cross join lateral (
      select id, author_id from content.post
      where author_id = newest.author_id and id < ${before} and deleted_at is null
      order by id desc limit ${limit}) post
    order by post.id desc
    limit ${limit}`
