import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { RawJson } from '@dailyfeed/http-server/raw-json'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf } from '@dailyfeed/pagination-support/list'
import type { TimelineContext } from '../context.ts'
import { MAX_PAGED_ITEMS } from '../feed/feed-limits.ts'
import type { Ranking, RankingScope, RankingWindow } from './ranking.ts'

interface RankingQuery extends ListQuery {
  window?: RankingWindow
  scope?: RankingScope
}

/** The id of the snapshot, and the index in its order at which the page begins. */
const cursor = cursorOf('number', 'number')

/** The order is that of a snapshot, which cursors continue; the counts shown are live. */
export async function readRanking(
  { feedCache, rankings, cursors, scrollJson }: TimelineContext,
  viewerId: number,
  ranking: Ranking,
  { window = 'all', scope = 'all', ...query }: RankingQuery,
): Promise<RawJson<Scroll<Post>>> {
  const listScope = `ranking:${ranking}:${window}:${scope}:${viewerId}`
  const request = listRequestOf(query, listScope, cursors, { cursor })
  const { after, page, offset, size, maxBytes } = request
  const left = page === null ? Number.POSITIVE_INFINITY : Math.max(0, MAX_PAGED_ITEMS - offset)
  const feed = await feedCache.snapshot()
  const [snapshotId, index = 0] = after ?? []
  const order =
    snapshotId === undefined
      ? await rankings.currentFor(feed, viewerId, { ranking, window, scope })
      : await rankings.getOrThrow(snapshotId)
  const { json, last, hasNext } = await feed.postsPage(viewerId, order.postIds, {
    index,
    skip: offset,
    size: Math.min(size, left),
    maxBytes,
  })
  const next = hasNext && left > size && last ? [order.id, last.index + 1] : undefined
  return new RawJson(scrollJson.write(json, request, next))
}
