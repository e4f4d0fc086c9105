import type { AccessToken } from '@dailyfeed/access-token/access-token'
import type { LoginRequest, PasswordChange } from '@dailyfeed/contract/member'
import type { Client } from '@dailyfeed/http-server/client-address'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { throwProblems } from '../field-problem.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import { setWithdrawn } from '../member-row/member-row.queries.ts'
import { announceEnded, endSessions } from '../session/end-sessions.ts'
import { renewSessionOrThrow } from '../session/refresh.service.ts'
import { findLiveSessionIds } from '../session/session.queries.ts'
import { type StartedSession, startSession } from '../session/start-session.ts'
import { issueAccessToken, type Tokens } from '../session/tokens.ts'
import { getIdentity, setPasswordHash } from './account.queries.ts'
import { normaliseEmail, passwordProblem } from './account-rules.ts'
import type { KnownBrowser, LoginSource } from './known-browser.ts'
import {
  lockUnchangedOrThrow,
  proveCredentialsOrThrow,
  proveOwnerOrThrow,
} from './password-proof.ts'

/** Throws LOGIN_FAILED or TOO_MANY_REQUEST. */
export async function logIn(
  context: MemberContext,
  request: LoginRequest,
  source: LoginSource,
): Promise<LoggedIn> {
  const { memberId, passwordHash, browser } = await proveCredentialsOrThrow(context, {
    email: normaliseEmail(request.email),
    password: request.password,
    source,
    refusal: 'LOGIN_FAILED',
  })
  return { browser, ...(await startSession(context, memberId, source.device, { passwordHash })) }
}

/** A session, and the browser in which the password was proved. */
export type LoggedIn = StartedSession & { browser: KnownBrowser }

/** Ends every other session; this one continues with a new pair of tokens. Returns the new hash, too. */
export async function changePassword(
  context: MemberContext,
  token: AccessToken,
  { currentPassword, newPassword }: PasswordChange,
  client: Client,
): Promise<Tokens & { passwordHash: string }> {
  const { memberId, sessionId } = token
  const known = await proveOwnerOrThrow(context, {
    token,
    password: currentPassword,
    field: 'currentPassword',
    client,
  })
  const { handle, email } = await getIdentity(context.sql, memberId)
  throwProblems(await passwordProblem(newPassword, handle, email, 'newPassword'))
  const hash = await context.passwords.hash(newPassword)
  const { ended, refreshToken } = await inTransaction(context.sql, async (transaction) => {
    await lockUnchangedOrThrow(transaction, memberId, known)
    await setPasswordHash(transaction, memberId, hash)
    await insertAudit(transaction, {
      type: 'PASSWORD_CHANGED',
      memberId,
      sessionId,
      address: client.address,
    })
    const live = await findLiveSessionIds(transaction, memberId)
    const others = live.filter((id) => id !== sessionId)
    const refreshToken = await renewSessionOrThrow(transaction, sessionId)
    return { refreshToken, ended: await endSessions(context, transaction, others) }
  })
  await announceEnded(context, ended)
  context.log.info(
    { security: 'PASSWORD_CHANGED', memberId, sessionsEnded: ended.length },
    'password changed',
  )
  const accessToken = await issueAccessToken(context, memberId, sessionId)
  return { accessToken, refreshToken, passwordHash: hash }
}

/** Hides the member and all their content at once; a login within 30 days restores both. */
export async function withdraw(
  context: MemberContext,
  token: AccessToken,
  password: string | undefined,
  client: Client,
): Promise<void> {
  const { memberId } = token
  const known = await proveOwnerOrThrow(context, { token, password, field: 'password', client })
  const ended = await inTransaction(context.sql, async (transaction) => {
    await lockUnchangedOrThrow(transaction, memberId, known)
    await setWithdrawn(transaction, memberId, true)
    await insertMemberEvent(context, transaction, 'MEMBER_WITHDRAW', memberId)
    await insertAudit(transaction, { type: 'WITHDRAWN', memberId, address: client.address })
    return endSessions(context, transaction, await findLiveSessionIds(transaction, memberId))
  })
  await announceEnded(context, ended)
  context.wakeRelay()
  context.log.info({ security: 'WITHDRAWN', memberId, sessions: ended.length }, 'withdrawn')
}
