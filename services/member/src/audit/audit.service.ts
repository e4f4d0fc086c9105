import type { AuditEntry } from '@dailyfeed/contract/member'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { MemberContext } from '../context.ts'
import { type AuditRow, findAudit } from './audit.queries.ts'

/** What happened to the member's own account, newest first. */
export async function listAudit(
  { sql, cursors }: MemberContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<AuditEntry>> {
  const request = listRequestOf(query, `audit:${memberId}`, cursors)
  const rows = await findAudit(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0] as number | undefined,
  })
  return toScroll(rows, request, cursors, ({ id }) => [id], toAuditEntry)
}

const toAuditEntry = ({
  id,
  type,
  occurred_at,
  address,
  user_agent,
  act,
}: AuditRow): AuditEntry => ({
  id,
  type,
  act,
  occurredAt: occurred_at.toISOString(),
  address,
  userAgent: user_agent,
})
