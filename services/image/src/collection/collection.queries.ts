import type { Sql } from 'postgres'

/** The subset of `ids` that have a row. */
export async function findKnownIds(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`select id from image.image where id = any(${ids})`
  return new Set(rows.map(({ id }) => id))
}
