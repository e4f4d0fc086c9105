import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { hasMutedBySet, maySeeBySets } from '@dailyfeed/visibility/visibility.queries'
import { ID_COLUMN_OF, type IndexTable } from './search-engine.ts'

/** The authors of these posts or comments whose content the viewer does not find. */
export async function findHiddenAuthors(
  sql: Queryable,
  table: IndexTable,
  viewerId: number,
  ids: readonly number[],
): Promise<number[]> {
  const author = sql`author`
  const rows = await sql<{ member_id: number }[]>`
    select author.member_id
    from member.public_profile author
    where author.member_id in (
        select author_id from search.${sql(table)}
        where ${sql(ID_COLUMN_OF[table])} = any(${anyOf(ids)}::bigint[]))
      and (${hasMutedBySet(sql, viewerId, author)} or not ${maySeeBySets(sql, viewerId, author)})`
  return rows.map(({ member_id }) => member_id)
}
