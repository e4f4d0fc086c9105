import { DEFAULT_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import { LRUCache } from 'lru-cache'
import { badCursor, type CursorType, type Cursors, type Position } from './cursor.ts'

/** The part of a list that a request wants: the items at an offset, or those after a position. */
export interface ListRequest<Values extends Position = Position> {
  size: number
  /** Null when requested by cursor. */
  page: number | null
  /** Items to skip; 0 when requested by cursor. */
  offset: number
  /** Undefined at the beginning of a list, and when requested by page. */
  after: Values | undefined
  scope: string
}

interface ListOptions<Values extends Position> {
  /** The values in the list's cursors; any if it is not given. */
  cursor?: CursorType<Values>
  defaultSize?: number
}

/** `scope` names list, parameters and member. Throws a ValidationError when the cursor belongs to another scope. */
export function listRequestOf<Values extends Position = Position>(
  query: ListQuery,
  scope: string,
  cursors: Cursors,
  { cursor, defaultSize = DEFAULT_PAGE_SIZE }: ListOptions<Values> = {},
): ListRequest<Values> {
  const size = query.size ?? defaultSize
  if (query.cursor !== undefined) {
    const after = cursors.decodeOrThrow(scope, query.cursor)
    if (!hasValues(after, cursor)) throw badCursor()
    return { size, page: null, offset: 0, after, scope }
  }
  const page = query.page ?? 0
  return { size, page, offset: page * size, after: undefined, scope }
}

const hasValues = <Values extends Position>(
  position: Position,
  cursor: CursorType<Values> | undefined,
): position is Values => cursor === undefined || cursor.matches(position)

/** A scroll page of `rows`, of which the caller fetched one more than `size` to see whether there are more. */
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

/** A page with totals. A cursor does not contain the page number, so `first` is false and `hasPrevious` true then. */
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

/** Cursors of pages that are read again: the MAC of a cursor costs as much as the rest of a cached page. */
const CACHED_CURSORS = 20_000

/** Writes scroll pages whose items are JSON already. */
export class ScrollJson {
  readonly #cursors: Cursors
  readonly #encoded = new LRUCache<string, string>({ max: CACHED_CURSORS })

  constructor(cursors: Cursors) {
    this.#cursors = cursors
  }

  /** The JSON of a `Scroll`. `items`: separated by commas. `next`: the position of the last one, where more follow. */
  write(items: string, { page, size, scope }: ListRequest, next: Position | undefined): string {
    const nextCursor = next === undefined ? null : `"${this.#encode(scope, next)}"`
    return `{"content":[${items}],"page":${page},"size":${size},"hasNext":${next !== undefined},"nextCursor":${nextCursor}}`
  }

  #encode(scope: string, position: Position): string {
    const key = `${scope} ${position.join()}`
    const cached = this.#encoded.get(key)
    if (cached !== undefined) return cached
    const cursor = this.#cursors.encode(scope, position)
    this.#encoded.set(key, cursor)
    return cursor
  }
}
