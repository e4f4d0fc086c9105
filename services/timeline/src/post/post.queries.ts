import { MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMuted, maySee } from '@dailyfeed/visibility/visibility.queries'
import type { EntryRow } from '../feed/feed-entry.ts'

interface AuthorRange {
  authorId: number
  /** Only posts with a lower id. */
  before: number
  offset: number
  limit: number
}

export const findEntriesOfAuthor = (
  sql: Queryable,
  { authorId, before, offset, limit }: AuthorRange,
): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    select id, author_id from content.post
    where author_id = ${authorId} and id < ${before} and deleted_at is null
    order by id desc
    offset ${offset} limit ${limit}`

/** In seconds since 1970; `until` is exclusive. */
export interface Period {
  from: number
  until: number
}

interface PeriodRange {
  viewerId: number
  period: Period
  /** The last post of the page before: its time in microseconds since 1970, the precision of PostgreSQL, and its id. */
  after: { microseconds: number; id: number } | undefined
  offset: number
  limit: number
}

export interface TimedEntryRow extends EntryRow {
  microseconds: number
}

/** Newest first, of all authors whom the viewer may see and has not muted. */
export const findEntriesOfPeriod = (
  sql: Queryable,
  { viewerId, period, after, offset, limit }: PeriodRange,
): Promise<TimedEntryRow[]> =>
  sql<TimedEntryRow[]>`
    select post.id, post.author_id, (extract(epoch from post.created_at) * 1000000)::bigint as microseconds
    from content.post join member.public_profile author on author.member_id = post.author_id
    where post.deleted_at is null and post.created_at >= to_timestamp(${period.from})
      and post.created_at < to_timestamp(${period.until})
      and ${after === undefined ? sql`true` : sql`(post.created_at, post.id) < (timestamptz 'epoch' + ${after.microseconds} * interval '1 microsecond', ${after.id}::bigint)`}
      and ${maySee(sql, viewerId)} and not ${hasMuted(sql, viewerId)}
    order by post.created_at desc, post.id desc
    offset ${offset} limit ${limit}`

/** Twice as many as a total may be, since authors whom the viewer does not see are among them. */
const COUNTED_POSTS = 2 * MAX_ITEMS_BY_PAGE

/**
 * Counts among the newest 20,000 posts of the period, up to 10,000: a period may hold every post. Visibility is decided
 * once per author, not per post.
 */
export async function countPostsOfPeriod(
  sql: Queryable,
  viewerId: number,
  period: Period,
): Promise<number> {
  const [row] = await sql<[{ total: number }]>`
    with written as materialized (
      select author_id, count(*) as posts
      from (
        select author_id from content.post
        where deleted_at is null
          and created_at >= to_timestamp(${period.from}) and created_at < to_timestamp(${period.until})
        order by created_at desc, id desc
        limit ${COUNTED_POSTS}
      ) newest
      group by author_id
    )
    select least(coalesce(sum(written.posts), 0), ${MAX_ITEMS_BY_PAGE})::bigint as total
    from written join member.public_profile author on author.member_id = written.author_id
    where ${maySee(sql, viewerId)} and not ${hasMuted(sql, viewerId)}`
  return row.total
}
