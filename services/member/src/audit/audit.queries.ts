import type { AuditType } from '@dailyfeed/contract/member'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface NewAuditEntry {
  type: AuditType
  /** Undefined for a failed sign-in with an e-mail address that no member has. */
  memberId: number | undefined
  sessionId?: string
  address?: string
  userAgent?: string | null
}

/** Call it in the transaction of the change that it records; a failure is recorded outside of one. */
export async function insertAudit(
  sql: Queryable,
  { type, memberId, sessionId, address, userAgent }: NewAuditEntry,
): Promise<void> {
  await sql`
    insert into member.audit (type, member_id, session_id, address, user_agent)
    values (
      ${type}, ${memberId ?? null}, ${sessionId ?? null}, ${address ?? null}, ${userAgent ?? null})`
}

export interface AuditRow {
  id: number
  type: AuditType
  occurred_at: Date
  address: string | null
  user_agent: string | null
  act: string | null
}

interface AuditPage {
  limit: number
  offset: number
  /** The id of the last entry of the page before. */
  before: number | undefined
}

/** Newest first. */
export const findAudit = (
  sql: Queryable,
  memberId: number,
  { limit, offset, before }: AuditPage,
): Promise<AuditRow[]> =>
  sql<AuditRow[]>`
    select id, type, occurred_at, address, user_agent, act from member.audit
    where member_id = ${memberId} ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit} offset ${offset}`

/** Deletes entries older than `days` and returns how many. */
export async function dropOldAudit(sql: Queryable, days: number): Promise<number> {
  const [row] = await sql<[{ dropped: number }]>`select member.drop_old_audit(${days}) as dropped`
  return row.dropped
}
