import type { ListRequest } from '@dailyfeed/pagination-support/list'

/** The envelope around data that is JSON already, as the bytes of UTF-8 in a one-byte string. */
export const successJson = (data: string): string => `{"status":200,"result":"SUCCESS","data":${data}}`

interface ScrollParts {
  /** JSON of the items, with commas between. */
  fragments: string
  hasNext: boolean
  nextCursor: string | null
}

/** A page of a list, as `toScroll` makes it. */
export const scrollJson = ({ size, page }: ListRequest, { fragments, hasNext, nextCursor }: ScrollParts): string =>
  successJson(`{"content":[${fragments}],"page":${page},"size":${size},"hasNext":${hasNext},"nextCursor":${nextCursor === null ? null : `"${nextCursor}"`}}`)
