import type { ListQuery } from '@dailyfeed/contract/page'
import { type Cursors, cursorOf } from '@dailyfeed/pagination-support/cursor'
import { type ListRequest, listRequestOf } from '@dailyfeed/pagination-support/list'
import type { Term } from '../text/search-text.ts'
import { type Criteria, isSearchable, readKeywordOrThrow } from './keyword.ts'

/** Whether a whole word matches (1 or 0), the rank and the id of the last hit of a page. */
export type HitPosition = [number, number, number]
const cursor = cursorOf('number', 'number', 'number')

/** A search of a viewer, and the page of its hits. */
export interface SearchRequest {
  viewerId: number
  /** Without terms, everything that passes the filters is a hit, newest first. */
  terms: readonly Term[]
  filters: Omit<Criteria, 'terms'>
  /**
   * False where the keyword has nothing to search for: the response is an empty page, without a
   * query.
   */
  isSearchable: boolean
  list: ListRequest<HitPosition>
}

interface SearchOptions {
  /** Name and parameters of the list. A cursor belongs to one list, keyword and member. */
  list: string
  viewerId: number
  /** Without a keyword everything is a hit. */
  keyword: string | undefined
  query: ListQuery
}

const EVERYTHING: Criteria = { terms: [], handles: undefined, since: undefined, until: undefined }

/** Throws a ValidationError for a keyword that cannot be read, and for a cursor of another list. */
export function searchRequestOf(
  { list, viewerId, keyword, query }: SearchOptions,
  cursors: Cursors,
): SearchRequest {
  const criteria = keyword === undefined ? EVERYTHING : readKeywordOrThrow(keyword)
  const { terms, ...filters } = criteria
  return {
    viewerId,
    terms,
    filters,
    isSearchable: keyword === undefined || isSearchable(criteria),
    list: listRequestOf(query, `search:${list}:${viewerId}:${keyword ?? ''}`, cursors, { cursor }),
  }
}
