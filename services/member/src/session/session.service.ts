import { randomUUID } from 'node:crypto'
import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { Revocation } from '@dailyfeed/access-token/revocations'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Session } from '@dailyfeed/contract/member'
import type { Sql } from 'postgres'
import { lockMember } from '../account/account.queries.ts'
import { insertMemberEvent } from '../account/member-event.ts'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { hashOf, newRefreshToken, successorOf } from './refresh-token.ts'
import {
  blacklistToken,
  closeSessions,
  type EndedSessionRow,
  endSessions,
  findLiveSessions,
  findMembersOfSessions,
  findSessionOfRefreshToken,
  isLiveSessionOf,
  logEnded,
  lockRefreshToken,
  replaceRefreshTokens,
  rotateRefreshToken,
} from './session.queries.ts'

export interface Device {
  userAgent: string | null
  address: string
}

export interface Tokens {
  accessToken: string
  refreshToken: string
}

/** Two tabs that refresh within this time are one client; auth.md. */
const RACE_SECONDS = 10

export const issueAccessToken = (
  { keys, settings }: MemberContext,
  memberId: number,
  sessionId: string,
) =>
  keys.sign({
    memberId,
    sessionId,
    tokenId: randomUUID(),
    lifeSeconds: settings.accessTokenSeconds,
  })

type Rotation =
  | { outcome: 'ROTATED' | 'REPEATED'; memberId: number; sessionId: string; successor: string }
  | { outcome: 'REUSED'; ended: EndedSessionRow[] }
  | { outcome: 'REFUSED' }

/** Every use makes a new token; a used one that comes again is in the wrong hands, and its whole family dies. */
export async function refreshSession(
  context: MemberContext,
  refreshToken: string | undefined,
): Promise<Tokens> {
  if (refreshToken === undefined) throw relogin()
  const rotation = await context.sql.begin((transaction) =>
    rotate(context, transaction as unknown as Sql, refreshToken),
  )
  if (rotation.outcome === 'REUSED') await announceEnded(context, rotation.ended)
  if (rotation.outcome === 'REUSED' || rotation.outcome === 'REFUSED') throw relogin()
  const accessToken = await issueAccessToken(context, rotation.memberId, rotation.sessionId)
  return { accessToken, refreshToken: rotation.successor }
}

async function rotate(
  { settings, log }: MemberContext,
  sql: Sql,
  token: string,
): Promise<Rotation> {
  const row = await lockRefreshToken(sql, hashOf(token), RACE_SECONDS)
  if (row === undefined || !row.alive) return { outcome: 'REFUSED' }
  const { session_id: sessionId, member_id: memberId } = row
  const successor = successorOf(settings.refreshTokenKey, token, sessionId)
  if (row.used) {
    // The immediate predecessor, a moment later, while nobody has used its successor: a second tab.
    if (row.just_used && row.successor_used === false)
      return { outcome: 'REPEATED', memberId, sessionId, successor }
    log.warn(
      { security: 'REFRESH_TOKEN_REUSED', memberId, sessionId },
      'a used refresh token came again; its session ends',
    )
    await insertAudit(sql, { type: 'REFRESH_TOKEN_REUSED', memberId, sessionId })
    return {
      outcome: 'REUSED',
      ended: await endSessions(sql, [sessionId], revocationLife(settings)),
    }
  }
  if (row.expired) return { outcome: 'REFUSED' }
  await rotateRefreshToken(sql, sessionId, hashOf(token), hashOf(successor))
  return { outcome: 'ROTATED', memberId, sessionId, successor }
}

/** Ends the session of the bearer and that of the cookie; there may be either, both or none. */
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
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    // Members before sessions, as a logout everywhere locks them: two at once stand in line instead of in each other's way.
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

export async function listSessions(
  { sql }: MemberContext,
  memberId: number,
  currentId: string,
): Promise<Session[]> {
  const rows = await findLiveSessions(sql, memberId)
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    userAgent: row.user_agent,
    address: row.address,
    current: row.id === currentId,
  }))
}

export async function endOneSession(
  context: MemberContext,
  memberId: number,
  sessionId: string,
): Promise<void> {
  if (!(await isLiveSessionOf(context.sql, memberId, sessionId)))
    throw new DailyfeedError('SESSION_NOT_FOUND')
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockMember(transaction, memberId)
    await insertAudit(transaction, { type: 'SESSION_ENDED', memberId, sessionId })
    return endSessions(transaction, [sessionId], revocationLife(context.settings))
  })
  await announceEnded(context, ended)
  context.log.info({ security: 'SESSION_ENDED', memberId, sessionId }, 'session ended')
}

/** The session lives on with a new token alone; in a transaction. Returns it, or throws when the session has just ended. */
export async function renewSessionOrThrow(sql: Sql, sessionId: string): Promise<string> {
  const refreshToken = newRefreshToken()
  if (!(await replaceRefreshTokens(sql, sessionId, hashOf(refreshToken)))) throw relogin()
  return refreshToken
}

/** After the commit, and before the answer: from then on no service accepts a token of these sessions. */
export const announceEnded = (
  context: MemberContext,
  ended: readonly EndedSessionRow[],
): Promise<void> => context.announceRevocations(revocationsOf(context, ended))

function revocationsOf(
  { settings }: MemberContext,
  ended: readonly EndedSessionRow[],
): Revocation[] {
  const expiresAt = Math.floor(Date.now() / 1_000) + revocationLife(settings)
  return ended.map(({ id }) => ({ sessionId: id, expiresAt }))
}

/** Longer than any token that was issued before can be accepted. */
export const revocationLife = ({ accessTokenSeconds }: MemberContext['settings']) =>
  accessTokenSeconds + 60

const relogin = () => new DailyfeedError('MEMBER_UNAUTHORIZED', { advice: 'RELOGIN' })
