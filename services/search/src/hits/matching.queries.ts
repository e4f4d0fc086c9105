import { MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { ListRequest } from '@dailyfeed/pagination-support/list'
import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { Fragment } from 'postgres'
import type { HitPosition, SearchRequest } from '../keyword/search-request.ts'

/**
 * The position of a hit in its list. Cursors hold it, so that added posts do not move the next
 * page.
 */
export interface HitRow {
  id: number
  /** Whether a searched word occurs as a whole word: such hits come first. */
  whole: boolean
  /** A float4, whose shortest decimal form is exact. */
  rank: number
}

/** Every row of a page has the total; a page without hits is one row without an id. */
export type PageRow<Row extends HitRow> = { total: number } & (Row | { id: null })

export const positionOf = ({ whole, rank, id }: HitRow): HitPosition => [whole ? 1 : 0, rank, id]

/** The condition of the filters on `known`, a row of an index. Days are those of Asia/Seoul. */
export const passesFilters = (
  sql: Queryable,
  { filters: { since, until } }: SearchRequest,
  authorIds: readonly number[] | undefined,
): Fragment => {
  const isByAuthor = authorIds && sql`and known.author_id = any(${anyOf(authorIds)}::bigint[])`
  const isSince =
    since && sql`and known.created_at >= ${since}::date::timestamp at time zone 'Asia/Seoul'`
  const isUntil =
    until && sql`and known.created_at < (${until}::date + 1)::timestamp at time zone 'Asia/Seoul'`
  return sql`true ${isByAuthor ?? sql``} ${isSince ?? sql``} ${isUntil ?? sql``}`
}

/** The ids of the members with these handles. */
export async function findAuthorIds(sql: Queryable, handles: readonly string[]): Promise<number[]> {
  const rows = await sql<{ member_id: number }[]>`
    select member_id from member.public_profile
    where lower(handle) = any(${[...handles]}::text[])`
  return rows.map(({ member_id }) => member_id)
}

/** Bytes of stored vectors that one search reads at most. They are compressed: to read them takes 0.1 s of a core. */
const MAX_VECTOR_BYTES = 32 * 1024 * 1024

/**
 * The rows of `newest`, a query with the columns `id` and `bytes` (the stored size of the vector),
 * that may be read: from the newest backwards, until their vectors have `MAX_VECTOR_BYTES`.
 */
export const withinByteBudget = (sql: Queryable, newest: Fragment): Fragment => sql`
  select * from (
    select newest.*,
           sum(bytes) over (order by id desc rows unbounded preceding) - bytes as bytes_before
    from (${newest}) newest
  ) measured
  where bytes_before < ${MAX_VECTOR_BYTES}`

/** One page of the CTE `hit`, and one more row to see whether there is another page. */
export const pageOfHits = (
  sql: Queryable,
  { size, offset, after }: ListRequest<HitPosition>,
): Fragment => {
  const isAfter =
    after === undefined
      ? sql``
      : sql`
        where (whole::int, rank, id) < (${after[0]}::int, ${after[1]}::real, ${after[2]}::bigint)`
  return sql`
    select * from hit ${isAfter}
    order by whole desc, rank desc, id desc
    limit ${size + 1} offset ${offset}`
}

export const total = (sql: Queryable): Fragment => sql`
  (select count(*) from (select from hit limit ${MAX_ITEMS_BY_PAGE}) counted)`
