import { DailyfeedError } from '@dailyfeed/contract/errors'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { announceEnded, endSessions } from './end-sessions.ts'
import {
  lockRefreshToken,
  replaceRefreshTokens,
  rotateRefreshToken,
} from './refresh-token.queries.ts'
import { hashOf, newRefreshToken, successorOf } from './refresh-token.ts'
import type { EndedSessionRow } from './session.queries.ts'
import { issueAccessToken, type Tokens } from './tokens.ts'

/** Two tabs that refresh within this time are one client. */
const RACE_SECONDS = 10

type Rotation =
  | { outcome: 'ROTATED' | 'REPEATED'; memberId: number; sessionId: string; successor: string }
  | { outcome: 'REUSED'; ended: EndedSessionRow[] }
  | { outcome: 'REFUSED' }

/**
 * Exchanges a refresh token for its successor and a new access token. Reuse of a rotated token ends the
 * whole session. Throws MEMBER_UNAUTHORIZED or TOO_MANY_REQUEST.
 */
export async function refreshSession(
  context: MemberContext,
  refreshToken: string | undefined,
): Promise<Tokens> {
  if (refreshToken === undefined) throw relogin()
  const rotation = await inTransaction(context.sql, (transaction) =>
    rotate(context, transaction, refreshToken),
  )
  if (rotation.outcome === 'REUSED') await announceEnded(context, rotation.ended)
  if (rotation.outcome === 'REUSED' || rotation.outcome === 'REFUSED') throw relogin()
  const accessToken = await issueAccessToken(context, rotation.memberId, rotation.sessionId)
  return { accessToken, refreshToken: rotation.successor }
}

async function rotate(context: MemberContext, sql: Queryable, token: string): Promise<Rotation> {
  const row = await lockRefreshToken(sql, hashOf(token), RACE_SECONDS)
  if (row === undefined || !row.alive) return { outcome: 'REFUSED' }
  const { session_id: sessionId, member_id: memberId } = row
  const successor = successorOf(context.settings.refreshTokenKey, token, sessionId)
  if (row.used) {
    // A second tab: the token was used a moment ago, and its successor is still unused.
    if (row.just_used && row.successor_used === false)
      return { outcome: 'REPEATED', memberId, sessionId, successor }
    context.log.warn(
      { security: 'REFRESH_TOKEN_REUSED', memberId, sessionId },
      'refresh token reused; its session is ended',
    )
    await insertAudit(sql, { type: 'REFRESH_TOKEN_REUSED', memberId, sessionId })
    return { outcome: 'REUSED', ended: await endSessions(context, sql, [sessionId]) }
  }
  if (row.expired) return { outcome: 'REFUSED' }
  context.sessionLimit?.countOrThrow(memberId)
  await rotateRefreshToken(sql, sessionId, hashOf(token), hashOf(successor))
  return { outcome: 'ROTATED', memberId, sessionId, successor }
}

/**
 * Replaces every refresh token of the session by a new one and returns it; call it in a transaction.
 * Throws MEMBER_UNAUTHORIZED when the session has just ended.
 */
export async function renewSessionOrThrow(sql: Queryable, sessionId: string): Promise<string> {
  const refreshToken = newRefreshToken()
  if (!(await replaceRefreshTokens(sql, sessionId, hashOf(refreshToken)))) throw relogin()
  return refreshToken
}

const relogin = () => new DailyfeedError('MEMBER_UNAUTHORIZED', { advice: 'RELOGIN' })
