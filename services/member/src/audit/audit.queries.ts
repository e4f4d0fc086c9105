import type { AuditType } from '@dailyfeed/contract/member'
import type { Sql } from 'postgres'

export interface NewAuditEntry {
  type: AuditType
  /** Undefined: a failed sign-in at an address that nobody has. */
  memberId: number | undefined
  sessionId?: string
  address?: string
  userAgent?: string | null
}

/** Inside the transaction of what happened; of what failed, by itself. */
export async function insertAudit(
  sql: Sql,
  { type, memberId, sessionId, address, userAgent }: NewAuditEntry,
): Promise<void> {
  await sql`
    insert into member.audit (type, member_id, session_id, address, user_agent)
    values (${type}, ${memberId ?? null}, ${sessionId ?? null}, ${address ?? null}, ${userAgent ?? null})`
}

export interface AuditRow {
  id: number
  type: AuditType
  occurred_at: Date
  address: string | null
  user_agent: string | null
  act: string | null
}

interface AuditPart {
  limit: number
  offset: number
  /** The id of the last entry seen. */
  before: number | undefined
}

/** Newest first. */
export const findAudit = (
  sql: Sql,
  memberId: number,
  { limit, offset, before }: AuditPart,
): Promise<AuditRow[]> =>
  sql<AuditRow[]>`
    select id, type, occurred_at, address, user_agent, act from member.audit
    where member_id = ${memberId} ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit} offset ${offset}`

/** Returns how many were older. */
export async function dropOldAudit(sql: Sql, days: number): Promise<number> {
  const [row] = await sql<[{ dropped: number }]>`select member.drop_old_audit(${days}) as dropped`
  return row.dropped
}
