import type { Sql } from 'postgres'

/** The database's clock. */
export async function findNow(sql: Sql): Promise<Date> {
  const [row] = await sql<[{ now: Date }]>`select now() as now`
  return row.now
}
