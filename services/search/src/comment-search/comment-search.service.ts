import type { CommentHit } from '@dailyfeed/contract/comment'
import type { ListQuery, Page } from '@dailyfeed/contract/page'
import type { SearchContext } from '../context.ts'
import { ensureOwnCommentsIndexed } from '../indexing/indexing.service.ts'
import { toHitPage } from '../hits/hit-page.ts'
import { matchingOf } from '../hits/matching.service.ts'
import { type SearchRequest, searchRequestOf } from '../keyword/search-request.ts'
import { toCommentHit } from './comment-search.mapper.ts'
import { findCommentHits } from './comment-search.queries.ts'

interface KeywordQuery extends ListQuery {
  keyword: string
}

/**
 * Comments that the member may see, on posts that the member may see. Cursors belong to `list`, the
 * route.
 */
export function searchComments(
  context: SearchContext,
  memberId: number,
  list: 'comments' | 'comments/advanced',
  { keyword, ...query }: KeywordQuery,
): Promise<Page<CommentHit>> {
  return find(
    context,
    searchRequestOf({ list, viewerId: memberId, keyword, query }, context.cursors),
  )
}

/**
 * Comments of one post; without a keyword all of them, newest first. A post that is deleted or does
 * not exist has none.
 */
export function searchCommentsOfPost(
  context: SearchContext,
  memberId: number,
  postId: number,
  { keyword, ...query }: Partial<KeywordQuery>,
): Promise<Page<CommentHit>> {
  return find(
    context,
    searchRequestOf(
      { list: `comments/posts/${postId}`, viewerId: memberId, keyword, query },
      context.cursors,
    ),
    postId,
  )
}

async function find(
  { sql, reads, engine, cursors, admission }: SearchContext,
  search: SearchRequest,
  postId?: number,
): Promise<Page<CommentHit>> {
  if (!search.isSearchable) return toHitPage([], search.list, cursors, toCommentHit)
  const rows = await admission.admit(search.viewerId, async () => {
    // Read your writes: the search includes what the member wrote a moment ago.
    await ensureOwnCommentsIndexed({ sql, engine }, search.viewerId)
    return reads.read(async (sql) => {
      const matching = await matchingOf(engine, sql, 'comment_index', search, postId)
      return findCommentHits(sql, search, matching, postId)
    })
  })
  return toHitPage(rows, search.list, cursors, toCommentHit)
}
