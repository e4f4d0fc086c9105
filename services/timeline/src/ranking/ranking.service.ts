import type { ListQuery } from '@dailyfeed/contract/page'
import { listRequestOf } from '@dailyfeed/pagination-support/list'
import type { TimelineContext } from '../context.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed.ts'
import { scrollJson } from '../memory/one-byte-answer.ts'
import type { Ranking, RankingScope, RankingWindow } from './ranking.ts'

interface RankingQuery extends ListQuery {
  window?: RankingWindow
  scope?: RankingScope
}

/**
 * A page, as the bytes of its JSON in a one-byte string. The order is a snapshot's, and a walk keeps to it; what is shown
 * of each post is live.
 */
export async function readRanking(
  { memory, rankings, cursors, rememberedCursors }: TimelineContext,
  viewerId: number,
  ranking: Ranking,
  { window = 'all', scope = 'all', ...query }: RankingQuery,
): Promise<string> {
  const request = listRequestOf(query, `ranking:${ranking}:${window}:${scope}:${viewerId}`, cursors)
  const { after, page, offset, size } = request
  const left = page === null ? Number.POSITIVE_INFINITY : Math.max(0, MAX_PAGED_ITEMS - offset)
  const now = await memory.now()
  const [snapshotId, place = 0] = (after ?? []) as number[]
  const snapshot =
    snapshotId === undefined
      ? await rankings.currentFor(now, viewerId, { ranking, window, scope })
      : await rankings.getOrThrow(snapshotId)
  const known = await now.listedPosts(viewerId, snapshot.postIds, {
    place,
    skip: offset,
    size: Math.min(size, left),
  })
  const shown = { ...known, hasNext: known.hasNext && left > size }
  return scrollJson(shown, request, rememberedCursors, (last) => [snapshot.id, last.place + 1])
}
