import type { Sql } from 'postgres'
import { hasMuted, maySee } from '../visibility/visibility.queries.ts'

interface EntryRow {
  id: number
  author_id: number
}

interface AuthorStretch {
  authorId: number
  /** Only posts with a lower id. */
  before: number
  offset: number
  limit: number
}

export const findEntriesOfAuthor = (
  sql: Sql,
  { authorId, before, offset, limit }: AuthorStretch,
): Promise<EntryRow[]> =>
  sql<EntryRow[]>`
    select id, author_id from content.post
    where author_id = ${authorId} and id < ${before} and deleted_at is null
    order by id desc
    offset ${offset} limit ${limit}`

/** A stretch of time, in seconds since 1970; `until` is not in it. */
export interface Period {
  from: number
  until: number
}

interface PeriodStretch {
  viewerId: number
  period: Period
  /** The last post seen: its time in microseconds since 1970, as exact as it is kept, and its id. */
  after: { microseconds: number; id: number } | undefined
  offset: number
  limit: number
}

export interface TimedEntryRow extends EntryRow {
  microseconds: number
}

/** Newest first, of all whom the viewer may see and has not muted. */
export const findEntriesOfPeriod = (
  sql: Sql,
  { viewerId, period, after, offset, limit }: PeriodStretch,
): Promise<TimedEntryRow[]> =>
  sql<TimedEntryRow[]>`
    select post.id, post.author_id, (extract(epoch from post.created_at) * 1000000)::bigint as microseconds
    from content.post join member.public_profile author on author.member_id = post.author_id
    where post.deleted_at is null and post.created_at >= to_timestamp(${period.from}) and post.created_at < to_timestamp(${period.until})
      and ${after === undefined ? sql`true` : sql`(post.created_at, post.id) < (timestamptz 'epoch' + ${after.microseconds} * interval '1 microsecond', ${after.id}::bigint)`}
      and ${maySee(sql, viewerId)} and not ${hasMuted(sql, viewerId)}
    order by post.created_at desc, post.id desc
    offset ${offset} limit ${limit}`

/** Each author is judged once, however many posts. */
export async function countPostsOfPeriod(
  sql: Sql,
  viewerId: number,
  period: Period,
): Promise<number> {
  const [row] = await sql<[{ total: number }]>`
    with written as materialized (
      select author_id, count(*) as posts from content.post
      where deleted_at is null and created_at >= to_timestamp(${period.from}) and created_at < to_timestamp(${period.until})
      group by author_id
    )
    select coalesce(sum(written.posts), 0)::bigint as total
    from written join member.public_profile author on author.member_id = written.author_id
    where ${maySee(sql, viewerId)} and not ${hasMuted(sql, viewerId)}`
  return row.total
}
