import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** The time of the database. */
export async function findNow(sql: Queryable): Promise<Date> {
  const [row] = await sql<[{ now: Date }]>`select now() as now`
  return row.now
}
