import type { Revocation } from '@dailyfeed/access-token/revocations'
import type { Session } from '@dailyfeed/contract/member'
import type { EndedSessionRow, SessionRow } from './session.queries.ts'

/** `currentId`: the session of the request. */
export const toSession = (row: SessionRow, currentId: string): Session => ({
  id: row.id,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at.toISOString(),
  userAgent: row.user_agent,
  address: row.address,
  current: row.id === currentId,
})

/** `expiresAt`: seconds since 1970. */
export const toRevocation = ({ id }: EndedSessionRow, expiresAt: number): Revocation => ({
  sessionId: id,
  expiresAt,
})
