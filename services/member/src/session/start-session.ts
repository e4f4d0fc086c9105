import { randomUUID } from 'node:crypto'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { MemberSummary } from '@dailyfeed/contract/member'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import { lockMember, setWithdrawn } from '../member-row/member-row.queries.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import { findProfile } from '../profile/profile.queries.ts'
import type { Device } from './device.ts'
import { hashOf, newRefreshToken } from './refresh-token.ts'
import { openSession } from './session.queries.ts'
import { issueAccessToken, type Tokens } from './tokens.ts'

export type StartedSession = Tokens & { summary: MemberSummary }

interface SessionStart {
  /**
   * The hash that the password was compared with: if it has changed since, no session starts. Absent
   * after a sign-in at a provider.
   */
  passwordHash?: string | null | undefined
  /** The provider by which the member signed in; absent after a sign-in by password. */
  provider?: string
  /** Further writes of the same transaction, which come before the session's own. */
  withinTransaction?: (sql: Queryable) => Promise<void>
}

/**
 * Starts a session after successful authentication; restores a withdrawn account. Throws LOGIN_FAILED
 * when the account is gone or its password has changed since it was compared, and TOO_MANY_REQUEST.
 */
export async function startSession(
  context: MemberContext,
  memberId: number,
  device: Device,
  { passwordHash, provider, withinTransaction }: SessionStart,
): Promise<StartedSession> {
  context.sessionLimit?.countOrThrow(memberId)
  const refreshToken = newRefreshToken()
  const sessionId = randomUUID()
  const session = {
    ...device,
    id: sessionId,
    memberId,
    passwordHash,
    provider,
    tokenHash: hashOf(refreshToken),
    event: context.newEventOf('MEMBER_LOGIN', { memberId }),
  }
  // An ordinary login takes one statement; only a withdrawn account or further writes need the transaction.
  const isOpen = withinTransaction === undefined && (await openSession(context.sql, session))
  if (!isOpen)
    await inTransaction(context.sql, async (transaction) => {
      await restoreOrThrow(context, transaction, session)
      await withinTransaction?.(transaction)
      if (!(await openSession(transaction, session))) throw new DailyfeedError('LOGIN_FAILED')
    })
  context.wakeRelay()
  context.log.info(
    { security: 'LOGGED_IN', memberId, sessionId, address: device.address, provider },
    'logged in',
  )
  const [accessToken, row] = await Promise.all([
    issueAccessToken(context, memberId, sessionId),
    findProfile(context.sql, memberId, memberId),
  ])
  if (row === undefined) throw new DailyfeedError('LOGIN_FAILED')
  return { accessToken, refreshToken, summary: toSummary(row) }
}

/** Locks the member, and ends a withdrawal where there is one. Throws LOGIN_FAILED. */
async function restoreOrThrow(
  context: MemberContext,
  sql: Queryable,
  {
    memberId,
    passwordHash,
    address,
    userAgent,
  }: Device & { memberId: number; passwordHash: string | null | undefined },
): Promise<void> {
  const member = await lockMember(sql, memberId)
  if (
    member?.restorable !== true ||
    (passwordHash !== undefined && member.password_hash !== passwordHash)
  )
    throw new DailyfeedError('LOGIN_FAILED')
  if (!member.withdrawn) return
  await setWithdrawn(sql, memberId, false)
  await insertMemberEvent(context, sql, 'MEMBER_RESTORE', memberId)
  await insertAudit(sql, { type: 'RESTORED', memberId, address, userAgent })
}
