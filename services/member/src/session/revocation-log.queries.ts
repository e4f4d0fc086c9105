import type { Sql } from 'postgres'

export async function newestRevocation(sql: Sql): Promise<number> {
  const [row] = await sql<[{ number: number }]>`select number from member.revocation_counter`
  return row.number
}

/** One that has not asked for a second trusts its memory no more. */
export async function findUnconfirmedVerifiers(sql: Sql, number: number): Promise<string[]> {
  const rows = await sql<
    { id: string }[]
  >`select id from member.verifier where confirmed < ${number} and seen_at > clock_timestamp() - interval '1 second'`
  return rows.map(({ id }) => id)
}

/** Of processes that were killed. */
export async function deleteOldVerifiers(sql: Sql): Promise<number> {
  const rows =
    await sql`delete from member.verifier where seen_at < now() - interval '1 hour' returning 1`
  return rows.length
}
