import type { Sql } from 'postgres'

/** Queried on the primary for each call, so that a revoked role ends at once. */
export async function isAdmin(sql: Sql, memberId: number): Promise<boolean> {
  const rows =
    await sql`select from member.member where id = ${memberId} and role = 'ADMIN' and withdrawn_at is null`
  return rows.length === 1
}

/** Recorded in the audit of the administrator's account, which member-svc owns. */
export async function insertAdminAction(
  sql: Sql,
  adminId: number,
  action: string,
  address: string,
  userAgent: string | null,
): Promise<void> {
  await sql`select member.audit_admin_act(${adminId}, ${action}, ${address}, ${userAgent})`
}
