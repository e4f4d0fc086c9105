import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** Where the documents of the index were put when it was last used; others wait until the transaction ends. */
export async function lockLocation(sql: Queryable): Promise<string> {
  const [row] = await sql<[{ place: string }]>`select place from search.index_place for update`
  return row.place
}

export const updateLocation = (sql: Queryable, place: string) =>
  sql`update search.index_place set place = ${place}`

export async function deleteAllEntries(sql: Queryable): Promise<void> {
  await sql`delete from search.post_index`
  await sql`delete from search.comment_index`
}
