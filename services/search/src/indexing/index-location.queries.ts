import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Where the documents of the index were stored when it was last used. Other processes wait until
 * the transaction ends.
 */
export async function lockLocation(sql: Queryable): Promise<string> {
  const [row] = await sql<[{ location: string }]>`
    select place as location from search.index_place for update`
  return row.location
}

export const updateLocation = (sql: Queryable, location: string) =>
  sql`update search.index_place set place = ${location}`

export async function deleteAllEntries(sql: Queryable): Promise<void> {
  await sql`delete from search.post_index`
  await sql`delete from search.comment_index`
}
