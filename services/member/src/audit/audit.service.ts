import type { AuditEntry } from '@dailyfeed/contract/member'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { MemberContext } from '../context.ts'
import { toAuditEntry } from './audit.mapper.ts'
import { findAudit } from './audit.queries.ts'

const cursor = cursorOf('number')

/** The audit entries of the member's own account, newest first. */
export async function listAudit(
  { sql, cursors }: MemberContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<AuditEntry>> {
  const request = listRequestOf(query, `audit:${memberId}`, cursors, { cursor })
  const rows = await findAudit(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0],
  })
  return toScroll(rows, request, cursors, ({ id }) => [id], toAuditEntry)
}
