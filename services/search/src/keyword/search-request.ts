import type { ListQuery } from '@dailyfeed/contract/page'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import { type ListRequest, listRequestOf } from '@dailyfeed/pagination-support/list'
import type { Term } from '../text/search-text.ts'
import { type Criteria, looksForSomething, readKeywordOrThrow } from './keyword.ts'

/** What is looked for, for whom, and which part of the answer. */
export interface SearchRequest {
  viewerId: number
  /** None: whatever passes the filters, newest first. */
  terms: readonly Term[]
  filters: Omit<Criteria, 'terms'>
  /** False where the keyword names nothing to look for: the answer is then an empty page, without a search. */
  looksForSomething: boolean
  list: ListRequest
}

interface Asked {
  /** Names the list, with its own parameters: a cursor belongs to one list, one keyword and one member. */
  list: string
  viewerId: number
  /** Undefined, where the route allows it: everything. */
  keyword: string | undefined
  query: ListQuery
}

const EVERYTHING: Criteria = { terms: [], handles: undefined, since: undefined, until: undefined }

/** Throws a ValidationError for a keyword that cannot be read, and for a cursor of another list. */
export function searchRequestOf(
  { list, viewerId, keyword, query }: Asked,
  cursors: Cursors,
): SearchRequest {
  const criteria = keyword === undefined ? EVERYTHING : readKeywordOrThrow(keyword)
  const { terms, ...filters } = criteria
  return {
    viewerId,
    terms,
    filters,
    looksForSomething: keyword === undefined || looksForSomething(criteria),
    list: listRequestOf(query, `search:${list}:${viewerId}:${keyword ?? ''}`, cursors),
  }
}
