import Type, { type Static, type TSchema } from 'typebox'
import { DEFAULT_PAGE_SIZE, MAX_ITEMS_BY_PAGE, MAX_PAGE_SIZE } from './limits.ts'

/**
 * The query of every list: by `page`, counted from 0, or by the `nextCursor` of the last page as
 * `cursor`.
 */
export const ListQuery = Type.Object({
  page: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: `pages reach the first ${MAX_ITEMS_BY_PAGE} items of a list, a cursor all of them`,
    }),
  ),
  size: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_PAGE_SIZE,
      description: `default ${DEFAULT_PAGE_SIZE} unless the operation names another`,
    }),
  ),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
})
export type ListQuery = Static<typeof ListQuery>

/** A list without totals. `page` is null when the request had a cursor. */
export const scrollOf = <T extends TSchema>(item: T) =>
  Type.Object({
    content: Type.Array(item),
    page: Type.Union([Type.Integer(), Type.Null()]),
    size: Type.Integer(),
    hasNext: Type.Boolean(),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  })

/** A list with totals. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({
    content: Type.Array(item),
    page: Type.Union([Type.Integer(), Type.Null()]),
    size: Type.Integer(),
    totalElements: Type.Integer(),
    totalPages: Type.Integer(),
    first: Type.Boolean(),
    last: Type.Boolean(),
    hasNext: Type.Boolean(),
    hasPrevious: Type.Boolean(),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  })

export interface Scroll<T> {
  content: T[]
  page: number | null
  size: number
  hasNext: boolean
  nextCursor: string | null
}

export interface Page<T> extends Scroll<T> {
  totalElements: number
  totalPages: number
  first: boolean
  last: boolean
  hasPrevious: boolean
}
