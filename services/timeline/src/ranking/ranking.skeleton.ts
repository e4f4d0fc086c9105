import type { Sql } from 'postgres'
import type { Skeleton } from '../feed/skeleton.ts'
import { findLiveEntries } from './ranking.queries.ts'
import type { RankingSnapshot } from './ranking-snapshots.ts'

/** The posts of a snapshot that are still there, in its order, from a place in it. */
export function rankingSkeleton(sql: Sql, snapshot: RankingSnapshot, from: number): Skeleton {
  let start = from
  return {
    async next(limit, hiddenAuthorIds) {
      const first = start
      const ids = snapshot.postIds.slice(first, first + limit)
      start += ids.length
      const authors = new Map((await findLiveEntries(sql, ids, hiddenAuthorIds)).map(({ id, author_id }) => [id, author_id]))
      const entries = ids.flatMap((postId, index) => {
        const authorId = authors.get(postId)
        return authorId === undefined ? [] : [{ postId, authorId, position: [snapshot.id, first + index + 1] }]
      })
      return { entries, ended: start >= snapshot.postIds.length }
    },
  }
}
