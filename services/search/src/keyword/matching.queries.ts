import type { ListRequest } from '@dailyfeed/pagination-support/list'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { SearchRequest } from './search-request.ts'

/** Totals are exact up to here; of more, this much is said. */
export const MAX_TOTAL = 10_000

/** The place of a hit in its list. Kept in cursors, so that a walk goes on after it whatever was added meanwhile. */
export interface HitRow {
  id: number
  /** Whether a word asked for stands whole: those come first. */
  whole: boolean
  /** ts_rank; a float4, whose shortest decimal form is exact. */
  rank: number
}

/** Every row of a page tells the total; a page without hits is one row without an id. */
export type PageRow<Row extends HitRow> = { total: number } & (Row | { id: null })

export const positionOf = ({ whole, rank, id }: HitRow): [number, number, number] => [
  whole ? 1 : 0,
  rank,
  id,
]

/** The condition of a search's filters on `known`, a row of an index. Days are those of Asia/Seoul. */
export const passesFilters = (
  sql: Queryable,
  { filters: { since, until } }: SearchRequest,
  authorIds: readonly number[] | undefined,
) => sql`
  true
  ${authorIds === undefined ? sql`` : sql`and known.author_id = any(${[...authorIds]}::bigint[])`}
  ${since === undefined ? sql`` : sql`and known.created_at >= ${since}::date::timestamp at time zone 'Asia/Seoul'`}
  ${until === undefined ? sql`` : sql`and known.created_at < (${until}::date + 1)::timestamp at time zone 'Asia/Seoul'`}`

/** Whom `from:` names. */
export async function findAuthorIds(sql: Queryable, handles: readonly string[]): Promise<number[]> {
  const rows = await sql<
    { member_id: number }[]
  >`select member_id from member.public_profile where lower(handle) = any(${[...handles]}::text[])`
  return rows.map(({ member_id }) => member_id)
}

/** The asked part of `hit`, and one more to know whether there is more. */
export const pageOfHits = (sql: Queryable, { size, offset, after }: ListRequest) => sql`
  select * from hit
  ${after === undefined ? sql`` : sql`where (whole::int, rank, id) < (${after[0] ?? 0}::int, ${after[1] ?? 0}::real, ${after[2] ?? 0}::bigint)`}
  order by whole desc, rank desc, id desc
  limit ${size + 1} offset ${offset}`

export const total = (sql: Queryable) =>
  sql`(select count(*) from (select from hit limit ${MAX_TOTAL}) counted)`
