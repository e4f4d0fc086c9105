import type { ListQuery, Scroll } from '@dailyfeed/code/page'
import type { Post } from '@dailyfeed/code/post'
import type { ReadContext } from '../context.ts'
import { readFeed } from '../feed/feed.ts'
import { isWanted } from '../feed/rules.ts'
import type { Ranking, RankingScope, RankingWindow } from './ranking.ts'
import { rankingSkeleton } from './ranking.skeleton.ts'

interface RankingQuery extends ListQuery {
  window?: RankingWindow
  scope?: RankingScope
}

/** The order is a snapshot's, and a walk keeps to it; what is shown of each post is live. */
export const readRanking = (
  context: ReadContext,
  viewerId: number,
  ranking: Ranking,
  { window = 'all', scope = 'all', ...query }: RankingQuery,
): Promise<Scroll<Post>> =>
  readFeed(context, {
    viewerId,
    query,
    scope: `ranking:${ranking}:${window}:${scope}:${viewerId}`,
    rule: isWanted,
    async skeletonOf({ after }) {
      const [snapshotId, place = 0] = (after ?? []) as number[]
      const snapshot =
        snapshotId === undefined ? await context.rankings.currentFor(viewerId, { ranking, window, scope }) : await context.rankings.getOrThrow(snapshotId)
      return rankingSkeleton(context.reads, snapshot, place)
    },
  })
