import type { Sql } from 'postgres'
import type { IndexTable, Matching, SearchEngine } from '../engine/search-engine.ts'
import { findAuthorIds, passesFilters } from './matching.queries.ts'
import type { SearchRequest } from './search-request.ts'

/** How a statement finds what a search asks for: the words as the engine finds them, the filters by the rows of the index. */
export async function matchingOf(
  engine: SearchEngine,
  sql: Sql,
  table: IndexTable,
  search: SearchRequest,
  postId?: number,
): Promise<Matching> {
  const { handles } = search.filters
  const authorIds = handles === undefined ? undefined : await findAuthorIds(sql, handles)
  const { join, score, condition } = await engine.match(sql, table, search, { authorIds, postId })
  return { join, score, condition: sql`${condition} and ${passesFilters(sql, search, authorIds)}` }
}
