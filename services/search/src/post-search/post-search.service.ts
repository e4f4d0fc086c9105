import type { Page } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import type { SearchQuery } from '@dailyfeed/contract/search'
import { toPost } from '@dailyfeed/post-row/post-row'
import type { SearchContext } from '../context.ts'
import { ensureOwnPostsIndexed } from '../indexing/indexing.service.ts'
import { toHitPage } from '../hits/hit-page.ts'
import { matchingOf } from '../hits/matching.service.ts'
import { searchRequestOf } from '../keyword/search-request.ts'
import { findPostHits, type PostHitRow } from './post-search.queries.ts'

/**
 * Posts that the member may see: first those with a searched word as a whole word, then the better
 * matches, then the newer ones.
 */
export async function searchPosts(
  { sql, reads, engine, cursors, admission }: SearchContext,
  memberId: number,
  { keyword, ...query }: SearchQuery,
): Promise<Page<Post>> {
  const search = searchRequestOf({ list: 'posts', viewerId: memberId, keyword, query }, cursors)
  if (!search.isSearchable) return toHitPage<PostHitRow, Post>([], search.list, cursors, toPost)
  const rows = await admission.admit(memberId, async () => {
    // Read your writes: the search includes what the member wrote a moment ago.
    await ensureOwnPostsIndexed({ sql, engine }, memberId)
    return reads.read(async (sql) =>
      findPostHits(sql, search, await matchingOf(engine, sql, 'post_index', search)),
    )
  })
  return toHitPage(rows, search.list, cursors, toPost)
}
