import type { Page } from '@dailyfeed/contract/page'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import { type ListRequest, toPage, toScroll } from '@dailyfeed/pagination-support/list'
import type { HitPosition } from '../keyword/search-request.ts'
import { type HitRow, type PageRow, positionOf } from './matching.queries.ts'

export function toHitPage<Row extends HitRow, Item>(
  rows: readonly PageRow<Row>[],
  list: ListRequest<HitPosition>,
  cursors: Cursors,
  toItem: (row: Row) => Item,
): Page<Item> {
  const hits = rows.filter((row): row is PageRow<Row> & Row => row.id !== null)
  return toPage(toScroll(hits, list, cursors, positionOf, toItem), rows[0]?.total ?? 0)
}
