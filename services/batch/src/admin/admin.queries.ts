import type { Sql } from 'postgres'

/** From the primary, on every call: a role that was taken away is gone at once. */
export async function isAdmin(sql: Sql, memberId: number): Promise<boolean> {
  const rows =
    await sql`select from member.member where id = ${memberId} and role = 'ADMIN' and withdrawn_at is null`
  return rows.length === 1
}

/** In the audit of the administrator's account, which member-svc keeps. */
export async function insertAdminAction(
  sql: Sql,
  adminId: number,
  act: string,
  address: string,
  userAgent: string | null,
): Promise<void> {
  await sql`select member.audit_admin_act(${adminId}, ${act}, ${address}, ${userAgent})`
}
