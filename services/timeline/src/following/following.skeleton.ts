import type { Sql } from 'postgres'
import type { FeedEntry, Skeleton } from '../feed/skeleton.ts'
import { findEntriesByAuthor, findRecentEntries } from './following.queries.ts'

/**
 * The newest posts of those whom the viewer follows, straight from the database: the truth of which what is cached or
 * remembered can only be a prefix.
 */
export function followingSkeleton(
  sql: Sql,
  viewerId: number,
  afterPostId: number | undefined,
): Skeleton {
  let before = afterPostId
  return {
    async next(limit, hiddenAuthorIds) {
      const recent = await findRecentEntries(sql, { viewerId, before, hiddenAuthorIds, limit })
      const entries = recent.ids.map((id, place) => entryOf(id, recent.author_ids[place] as number))
      before = recent.ids.at(-1) ?? recent.before
      if (entries.length < limit && recent.following_ids.length > 0) {
        const older = await findEntriesByAuthor(sql, {
          authorIds: recent.following_ids,
          before,
          limit: limit - entries.length,
        })
        entries.push(...older.map(({ id, author_id }) => entryOf(id, author_id)))
        before = older.at(-1)?.id ?? before
      }
      return { entries, ended: entries.length < limit }
    },
  }
}

const entryOf = (postId: number, authorId: number): FeedEntry => ({
  postId,
  authorId,
  position: [postId],
})
