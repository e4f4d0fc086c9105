import type { Sql } from 'postgres'
import type { FeedEntry, Skeleton } from '../feed/skeleton.ts'
import { type EntryRow, findEntriesByAuthor, findNextPostId, findRecentEntries } from './following.queries.ts'

/**
 * The newest posts of those whom the viewer follows, straight from the database: the truth of which a cached feed can
 * only be a prefix.
 */
export function followingSkeleton(sql: Sql, viewerId: number, afterPostId: number | undefined): Skeleton {
  let before = afterPostId
  return {
    async next(limit, hiddenAuthorIds) {
      before ??= await findNextPostId(sql)
      const recent = await findRecentEntries(sql, { viewerId, before, hiddenAuthorIds, limit })
      before = recent.at(-1)?.id ?? before
      const older = recent.length === limit ? [] : await findEntriesByAuthor(sql, { viewerId, before, hiddenAuthorIds, limit: limit - recent.length })
      before = older.at(-1)?.id ?? before
      const entries = [...recent, ...older].map(toEntry)
      return { entries, ended: entries.length < limit }
    },
  }
}

const toEntry = ({ id, author_id }: EntryRow): FeedEntry => ({ postId: id, authorId: author_id, position: [id] })
