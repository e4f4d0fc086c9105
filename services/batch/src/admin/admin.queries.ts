import type { Sql } from 'postgres'

/** From the primary, on every call: a role that was taken away is gone at once. */
export async function isAdmin(sql: Sql, memberId: number): Promise<boolean> {
  const rows = await sql`select from member.member where id = ${memberId} and role = 'ADMIN' and withdrawn_at is null`
  return rows.length === 1
}
