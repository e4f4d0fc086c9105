import type { AuditEntry } from '@dailyfeed/contract/member'
import type { AuditRow } from './audit.queries.ts'

export const toAuditEntry = (row: AuditRow): AuditEntry => ({
  id: row.id,
  type: row.type,
  act: row.act,
  occurredAt: row.occurred_at.toISOString(),
  address: row.address,
  userAgent: row.user_agent,
})
