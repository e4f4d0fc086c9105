import { ValidationError } from '@dailyfeed/contract/errors'
import { DEFAULT_PAGE_SIZE, MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import { LRUCache } from 'lru-cache'
import { countWithin, MAX_CONTENT_BYTES } from './answer-bytes.ts'
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
  /**
   * Bytes of JSON after which the content of the page ends and the next page begins. Infinite for a request by page
   * number, whose next page begins at a fixed place: a larger answer is refused as a whole.
   */
  maxBytes: number
  scope: string
}

interface ListOptions<Values extends Position> {
  /** The values in the list's cursors; any if it is not given. */
  cursor?: CursorType<Values>
  defaultSize?: number
  defaultPage?: number
  /** Items that page numbers reach, where each costs so much that 10,000 would take too long. */
  maxItemsByPage?: number
}

/**
 * `scope` names list, parameters and member. Throws a ValidationError when the cursor belongs to another scope, and for
 * a page beyond the first 10,000 items: the database reads everything before a page that is requested by number.
 */
export function listRequestOf<Values extends Position = Position>(
  query: ListQuery,
  scope: string,
  cursors: Cursors,
  {
    cursor,
    defaultSize = DEFAULT_PAGE_SIZE,
    defaultPage = 0,
    maxItemsByPage = MAX_ITEMS_BY_PAGE,
  }: ListOptions<Values> = {},
): ListRequest<Values> {
  const size = query.size ?? defaultSize
  if (query.cursor !== undefined) {
    const after = cursors.decodeOrThrow(scope, query.cursor)
    if (!hasValues(after, cursor)) throw badCursor()
    return { size, page: null, offset: 0, after, maxBytes: MAX_CONTENT_BYTES, scope }
  }
  const page = query.page ?? defaultPage
  const offset = page * size
  if (offset + size > maxItemsByPage) throw pageTooDeep(maxItemsByPage)
  // A first page without a number may be short, too: its client goes on by cursor.
  const maxBytes = query.page === undefined ? MAX_CONTENT_BYTES : Number.POSITIVE_INFINITY
  return { size, page, offset, after: undefined, maxBytes, scope }
}

const pageTooDeep = (maxItems: number) => {
  const limit = maxItems.toLocaleString('en')
  return new ValidationError([
    {
      field: 'page',
      ko: `페이지 번호로는 처음 ${limit}개까지만 볼 수 있습니다. 그다음은 마지막 페이지의 nextCursor를 cursor로 보내 주세요.`,
      en: `Page numbers reach the first ${limit} items only. To go on, send the nextCursor of the last page as cursor.`,
    },
  ])
}

const hasValues = <Values extends Position>(
  position: Position,
  cursor: CursorType<Values> | undefined,
): position is Values => cursor === undefined || cursor.matches(position)

/**
 * A scroll page of `rows`, of which the caller fetched one more than `size` to see whether there are more. A page by
 * cursor has fewer than `size` items where more would exceed its bytes.
 */
export function toScroll<Row, Item>(
  rows: readonly Row[],
  request: ListRequest,
  cursors: Cursors,
  positionOf: (row: Row) => Position,
  toItem: (row: Row) => Item,
): Scroll<Item> {
  const items = rows.slice(0, request.size).map(toItem)
  const count = countWithin(items, request.maxBytes)
  const content = count < items.length ? items.slice(0, count) : items
  const last = rows[count - 1]
  const hasNext = rows.length > count
  return {
    content,
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
