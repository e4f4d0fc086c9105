import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { toEntry, toPositionedEntry } from '../feed/feed-entry.ts'
import type { Skeleton } from '../feed/skeleton.ts'
import { findEntriesOfAuthor, findEntriesOfPeriod, type Period } from './post.queries.ts'

/** One author's posts, newest first. */
export function authorSkeleton(
  sql: Queryable,
  authorId: number,
  afterPostId: number | undefined,
  offset: number,
): Skeleton {
  let before = afterPostId ?? Number.MAX_SAFE_INTEGER
  let skip = offset
  return {
    async next(limit) {
      const rows = await findEntriesOfAuthor(sql, { authorId, before, offset: skip, limit })
      before = rows.at(-1)?.id ?? before
      skip = 0
      return {
        entries: rows.map(toPositionedEntry),
        ended: rows.length < limit,
      }
    },
  }
}

export interface PeriodStart {
  after: { microseconds: number; id: number } | undefined
  offset: number
}

/** All posts of a period that the viewer sees in feeds, newest first. */
export function periodSkeleton(
  sql: Queryable,
  viewerId: number,
  period: Period,
  start: PeriodStart,
): Skeleton {
  let { after, offset } = start
  return {
    async next(limit) {
      const rows = await findEntriesOfPeriod(sql, { viewerId, period, after, offset, limit })
      const last = rows.at(-1)
      if (last !== undefined) after = { microseconds: last.microseconds, id: last.id }
      offset = 0
      const entries = rows.map((row) => ({
        ...toEntry(row),
        position: [row.microseconds, row.id],
      }))
      return { entries, ended: rows.length < limit }
    },
  }
}
