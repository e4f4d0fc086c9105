import { DEFAULT_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import type { Cursors, Position } from './cursor.ts'

/** What part of a list is asked for: the items at an offset, or those after a position. */
export interface ListRequest {
  size: number
  /** Null when asked for by cursor. */
  page: number | null
  /** Items to skip; 0 when asked for by cursor. */
  offset: number
  /** Undefined at the beginning of a list, and when asked for by page. */
  after: Position | undefined
  scope: string
}

/** `scope` names list, parameters and member. Throws a ValidationError when the cursor is of another. */
export function listRequestOf(
  query: ListQuery,
  scope: string,
  cursors: Cursors,
  defaultSize = DEFAULT_PAGE_SIZE,
): ListRequest {
  const size = query.size ?? defaultSize
  if (query.cursor !== undefined)
    return { size, page: null, offset: 0, after: cursors.decodeOrThrow(scope, query.cursor), scope }
  const page = query.page ?? 0
  return { size, page, offset: page * size, after: undefined, scope }
}

/** A scroll page of `items`, of which one more than `size` was fetched to know whether there is more. */
export function toScroll<Row, Item>(
  rows: readonly Row[],
  request: ListRequest,
  cursors: Cursors,
  positionOf: (row: Row) => Position,
  toItem: (row: Row) => Item,
): Scroll<Item> {
  const shown = rows.slice(0, request.size)
  const last = shown.at(-1)
  const hasNext = rows.length > request.size
  return {
    content: shown.map(toItem),
    page: request.page,
    size: request.size,
    hasNext,
    nextCursor:
      hasNext && last !== undefined ? cursors.encode(request.scope, positionOf(last)) : null,
  }
}

/** The same with totals. By cursor the place in the whole is not known: `first` and `hasPrevious` then say that there is something before. */
export function toPage<Item>(scroll: Scroll<Item>, totalElements: number): Page<Item> {
  const isFirst = scroll.page === 0
  return {
    ...scroll,
    totalElements,
    totalPages: Math.ceil(totalElements / scroll.size),
    first: isFirst,
    last: !scroll.hasNext,
    hasPrevious: !isFirst,
  }
}
