import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Session } from '@dailyfeed/contract/member'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import { lockMember } from '../member-row/member-row.queries.ts'
import { announceEnded, endSessions, revocationLife, revocationsOf } from './end-sessions.ts'
import { findSessionOfRefreshToken } from './refresh-token.queries.ts'
import { hashOf } from './refresh-token.ts'
import { blacklistToken, logEnded } from './revocation-log.queries.ts'
import { toSession } from './session.mapper.ts'
import {
  closeSessions,
  findLiveSessionIds,
  findLiveSessions,
  findMembersOfSessions,
  isLiveSessionOf,
} from './session.queries.ts'

/**
 * Ends the session of the access token and that of the refresh token. A request carries either, both
 * or neither, and they may belong to different sessions.
 */
export async function logout(
  context: MemberContext,
  bearer: AccessToken | undefined,
  refreshToken: string | undefined,
): Promise<void> {
  const ofCookie =
    refreshToken === undefined
      ? undefined
      : await findSessionOfRefreshToken(context.sql, hashOf(refreshToken))
  const sessions = [...new Set([bearer?.sessionId, ofCookie].filter((id) => id !== undefined))]
  const ended = await inTransaction(context.sql, async (transaction) => {
    // Members are locked before sessions, as a logout everywhere does, so that two logouts cannot deadlock.
    for (const memberId of await findMembersOfSessions(transaction, sessions))
      await lockMember(transaction, memberId)
    const rows = await closeSessions(transaction, sessions)
    for (const memberId of new Set(rows.map(({ member_id }) => member_id)))
      await insertMemberEvent(context, transaction, 'MEMBER_LOGOUT', memberId)
    for (const { id, member_id: memberId } of rows)
      await insertAudit(transaction, { type: 'LOGGED_OUT', memberId, sessionId: id })
    await logEnded(transaction, rows, revocationLife(context.settings))
    if (bearer !== undefined)
      await blacklistToken(transaction, bearer.tokenId, bearer.sessionId, bearer.expiresAt)
    return rows
  })
  const ofBearer =
    bearer === undefined ? [] : [{ tokenId: bearer.tokenId, expiresAt: bearer.expiresAt }]
  await context.announceRevocations([...ofBearer, ...revocationsOf(context, ended)])
  context.wakeRelay()
  for (const { id, member_id } of ended)
    context.log.info({ security: 'LOGGED_OUT', memberId: member_id, sessionId: id }, 'logged out')
}

export async function logOutEverywhere(context: MemberContext, memberId: number): Promise<void> {
  const ended = await inTransaction(context.sql, async (transaction) => {
    await lockMember(transaction, memberId)
    await insertMemberEvent(context, transaction, 'MEMBER_LOGOUT', memberId)
    await insertAudit(transaction, { type: 'LOGGED_OUT_EVERYWHERE', memberId })
    return endSessions(context, transaction, await findLiveSessionIds(transaction, memberId))
  })
  await announceEnded(context, ended)
  context.wakeRelay()
  context.log.info(
    { security: 'LOGGED_OUT_EVERYWHERE', memberId, sessions: ended.length },
    'logged out everywhere',
  )
}

/** `currentId`: the session of the request, which is marked in the list. */
export async function listSessions(
  { sql }: MemberContext,
  memberId: number,
  currentId: string,
): Promise<Session[]> {
  const rows = await findLiveSessions(sql, memberId)
  return rows.map((row) => toSession(row, currentId))
}

/** Throws SESSION_NOT_FOUND. */
export async function endSessionOrThrow(
  context: MemberContext,
  memberId: number,
  sessionId: string,
): Promise<void> {
  if (!(await isLiveSessionOf(context.sql, memberId, sessionId)))
    throw new DailyfeedError('SESSION_NOT_FOUND')
  const ended = await inTransaction(context.sql, async (transaction) => {
    await lockMember(transaction, memberId)
    await insertAudit(transaction, { type: 'SESSION_ENDED', memberId, sessionId })
    return endSessions(context, transaction, [sessionId])
  })
  await announceEnded(context, ended)
  context.log.info({ security: 'SESSION_ENDED', memberId, sessionId }, 'session ended')
}
