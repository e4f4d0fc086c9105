import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { findPostsByAuthors } from '../feed/author-posts.queries.ts'
import { toPositionedEntry } from '../feed/feed-entry.ts'
import type { Skeleton } from '../feed/skeleton.ts'
import { findRecentEntries } from './following.queries.ts'

/** The newest posts of the members whom the viewer follows, from the database: caches hold prefixes of this list. */
export function followingSkeleton(
  sql: Queryable,
  viewerId: number,
  afterPostId: number | undefined,
): Skeleton {
  let before = afterPostId
  return {
    async next(limit, hiddenAuthorIds) {
      const recent = await findRecentEntries(sql, { viewerId, before, hiddenAuthorIds, limit })
      const entries = recent.ids.map((id, index) =>
        toPositionedEntry({ id, author_id: recent.author_ids[index] as number }),
      )
      before = recent.ids.at(-1) ?? recent.before
      if (entries.length < limit && recent.following_ids.length > 0) {
        const older = await findPostsByAuthors(sql, {
          authorIds: recent.following_ids,
          before,
          limit: limit - entries.length,
        })
        entries.push(...older.map(toPositionedEntry))
        before = older.at(-1)?.id ?? before
      }
      return { entries, ended: entries.length < limit }
    },
  }
}
