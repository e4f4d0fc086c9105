import type { Position } from '@dailyfeed/pagination-support/cursor'
import type { ListRequest } from '@dailyfeed/pagination-support/list'
import type { RememberedCursors } from './remembered-cursors.ts'
import type { RememberedPage } from './remembered-page.ts'

/** The envelope around data that is JSON already, as the bytes of UTF-8 in a one-byte string. */
export const successJson = (data: string): string =>
  `{"status":200,"result":"SUCCESS","data":${data}}`

/** A page of a list, as `toScroll` makes it. */
export function scrollJson(
  { fragments, last, hasNext }: RememberedPage,
  { size, page, scope }: ListRequest,
  cursors: RememberedCursors,
  positionOf: (last: { id: number; place: number }) => Position = ({ id }) => [id],
): string {
  const nextCursor =
    hasNext && last !== undefined ? `"${cursors.encode(scope, positionOf(last))}"` : null
  return successJson(
    `{"content":[${fragments}],"page":${page},"size":${size},"hasNext":${hasNext},"nextCursor":${nextCursor}}`,
  )
}
