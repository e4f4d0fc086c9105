import type { Sql } from 'postgres'
import type { FeedEntry, Skeleton } from '../feed/skeleton.ts'
import { type EntryRow, type FollowingStretch, findEntriesByAuthor, findRecentEntries } from './following.queries.ts'

export interface FollowedEntries {
  /** Whom the viewer follows, without the hidden, ascending: the very ones whose posts these are. */
  followingIds: number[]
  /** Newest first. */
  entries: FeedEntry[]
  /** Whether there is nothing older. */
  ended: boolean
  /** Posts with a lower id are next. */
  before: number
}

/** The newest posts of those whom the viewer follows, straight from the database. */
export async function readFollowedEntries(sql: Sql, stretch: FollowingStretch): Promise<FollowedEntries> {
  const { following_ids: followingIds, before, ids, author_ids } = await findRecentEntries(sql, stretch)
  const recent = ids.map((id, index): EntryRow => ({ id, author_id: author_ids[index] as number }))
  const limit = stretch.limit - recent.length
  const older = limit === 0 || followingIds.length === 0 ? [] : await findEntriesByAuthor(sql, { authorIds: followingIds, before: ids.at(-1) ?? before, limit })
  const entries = [...recent, ...older].map(toEntry)
  return { followingIds, entries, ended: entries.length < stretch.limit, before: entries.at(-1)?.postId ?? before }
}

/** The truth of which a cached feed can only be a prefix. */
export function followingSkeleton(sql: Sql, viewerId: number, afterPostId: number | undefined): Skeleton {
  let before = afterPostId
  return {
    async next(limit, hiddenAuthorIds) {
      const stretch = await readFollowedEntries(sql, { viewerId, before, hiddenAuthorIds, limit })
      before = stretch.before
      return stretch
    },
  }
}

const toEntry = ({ id, author_id }: EntryRow): FeedEntry => ({ postId: id, authorId: author_id, position: [id] })
