import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { IndexTable, Matching, SearchEngine } from '../engine/search-engine.ts'
import { findAuthorIds, passesFilters } from './matching.queries.ts'
import type { SearchRequest } from '../keyword/search-request.ts'

/**
 * The parts of a statement that find the hits of a search: its words by the engine, its filters by
 * the rows of the index.
 */
export async function matchingOf(
  engine: SearchEngine,
  sql: Queryable,
  table: IndexTable,
  search: SearchRequest,
  postId?: number,
): Promise<Matching> {
  const { handles } = search.filters
  const authorIds = handles === undefined ? undefined : await findAuthorIds(sql, handles)
  const matching = await engine.match(sql, table, search, { authorIds, postId })
  const isCandidate = sql`${matching.isCandidate} and ${passesFilters(sql, search, authorIds)}`
  return { ...matching, isCandidate }
}
