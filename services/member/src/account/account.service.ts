import { randomUUID } from 'node:crypto'
import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type {
  LoginRequest,
  MemberSummary,
  PasswordChange,
  SignupRequest,
} from '@dailyfeed/contract/member'
import type { Client } from '@dailyfeed/http-server/client-address'
import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import type { MemberContext } from '../context.ts'
import { insertAudit } from '../audit/audit.queries.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import { findProfile } from '../profile/profile.queries.ts'
import {
  announceEnded,
  type Device,
  issueAccessToken,
  renewSessionOrThrow,
  revocationLife,
  type Tokens,
} from '../session/session.service.ts'
import { hashOf, newRefreshToken } from '../session/refresh-token.ts'
import {
  endSessions,
  findLiveSessionIds,
  isFreshProviderSession,
  openSession,
} from '../session/session.queries.ts'
import {
  findCredentialsByEmail,
  findPasswordHash,
  getIdentity,
  insertMember,
  lockMember,
  setPasswordHash,
  setWithdrawn,
} from './account.queries.ts'
import {
  avatarUrlOf,
  avatarUrlProblem,
  birthDateProblem,
  emailOf,
  passwordProblem,
  throwProblems,
  timezoneProblem,
} from './account-rules.ts'
import type { LoginThrottle } from './login-throttle.ts'
import { insertMemberEvent } from './member-event.ts'

/** `''` and null mean the same as absence. */
const orNull = (value: string | null | undefined): string | null =>
  value === undefined || value === '' ? null : value

export async function signUp(
  context: MemberContext,
  request: SignupRequest,
  device: Device,
): Promise<{ id: number; name: string }> {
  throwProblems(
    await passwordProblem(request.password, request.handle, request.email),
    birthDateProblem(request.birthDate),
    timezoneProblem(request.timezone),
    avatarUrlProblem(request.avatarUrl),
  )
  const id = await createMember(
    context,
    request,
    await context.passwords.hash(request.password),
    device,
  )
  return { id, name: request.memberName }
}

/** Throws MEMBER_ALREADY_EXISTS or MEMBER_HANDLE_ALREADY_EXISTS. `also`: what belongs to the same transaction. */
export async function createMember(
  context: MemberContext,
  request: Omit<SignupRequest, 'password'>,
  passwordHash: string | null,
  device: Device,
  also?: (sql: Sql, memberId: number) => Promise<void>,
): Promise<number> {
  const member = {
    email: emailOf(request.email),
    passwordHash,
    memberName: request.memberName,
    handle: request.handle,
    displayName: request.displayName ?? '',
    bio: orNull(request.bio),
    location: orNull(request.location),
    websiteUrl: orNull(request.websiteUrl),
    birthDate: orNull(request.birthDate),
    gender: orNull(request.gender),
    timezone: orNull(request.timezone),
    languageCode: orNull(request.languageCode),
    countryCode: orNull(request.countryCode),
    privacyLevel: orNull(request.privacyLevel) ?? 'PUBLIC',
    avatarUrl: avatarUrlOf(request.avatarUrl),
  }
  try {
    const id = await context.sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql
      const memberId = await insertMember(transaction, member)
      await insertMemberEvent(context, transaction, 'MEMBER_SIGNUP', memberId)
      await insertAudit(transaction, { type: 'SIGNED_UP', memberId, ...device })
      await also?.(transaction, memberId)
      return memberId
    })
    context.wakeRelay()
    context.log.info({ security: 'SIGNED_UP', memberId: id }, 'signed up')
    return id
  } catch (error) {
    if (isUniqueViolation(error, 'member_email')) throw new DailyfeedError('MEMBER_ALREADY_EXISTS')
    if (isUniqueViolation(error, 'member_handle'))
      throw new DailyfeedError('MEMBER_HANDLE_ALREADY_EXISTS')
    throw error
  }
}

/** One answer, and one cost, for an unknown e-mail address, a wrong password and an account that is gone. */
export async function logIn(
  context: MemberContext,
  throttle: LoginThrottle,
  request: LoginRequest,
  device: Device,
  client: Client,
): Promise<Tokens & { summary: MemberSummary }> {
  const email = emailOf(request.email)
  const { memberId, passwordHash } = await throttle.judge(email, client, async () => {
    const credentials = await findCredentialsByEmail(context.sql, email)
    const isRight = await context.passwords.verify(credentials?.password_hash, request.password)
    if (isRight && credentials?.restorable)
      return { memberId: credentials.id, passwordHash: credentials.password_hash }
    context.log.info(
      { security: 'LOGIN_FAILED', memberId: credentials?.id, address: client.address },
      'login failed',
    )
    await insertAudit(context.sql, { type: 'LOGIN_FAILED', memberId: credentials?.id, ...device })
    throw new DailyfeedError('LOGIN_FAILED')
  })
  return enter(context, memberId, device, { passwordHash })
}

interface Entry {
  /** What was checked: one that was changed meanwhile opens nothing any more. Absent: none was. */
  passwordHash?: string | null | undefined
  /** By which the member signed in; absent: by the password. */
  provider?: string
  /** What belongs to the same transaction. */
  also?: (sql: Sql) => Promise<void>
}

/** A session for a member who has proved to be one. A withdrawn one comes back by that. */
export async function enter(
  context: MemberContext,
  memberId: number,
  device: Device,
  { passwordHash, provider, also }: Entry,
): Promise<Tokens & { summary: MemberSummary }> {
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
  const isIn = also === undefined && (await openSession(context.sql, session))
  if (!isIn)
    await context.sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql
      const member = await lockMember(transaction, memberId)
      if (
        member?.restorable !== true ||
        (passwordHash !== undefined && member.password_hash !== passwordHash)
      )
        throw new DailyfeedError('LOGIN_FAILED')
      if (member.withdrawn) {
        await setWithdrawn(transaction, memberId, false)
        await insertMemberEvent(context, transaction, 'MEMBER_RESTORE', memberId)
        await insertAudit(transaction, { type: 'RESTORED', memberId, ...device })
      }
      await also?.(transaction)
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

export async function logOutEverywhere(context: MemberContext, memberId: number): Promise<void> {
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockMember(transaction, memberId)
    await insertMemberEvent(context, transaction, 'MEMBER_LOGOUT', memberId)
    await insertAudit(transaction, { type: 'LOGGED_OUT_EVERYWHERE', memberId })
    return endSessions(
      transaction,
      await findLiveSessionIds(transaction, memberId),
      revocationLife(context.settings),
    )
  })
  await announceEnded(context, ended)
  context.wakeRelay()
  context.log.info(
    { security: 'LOGGED_OUT_EVERYWHERE', memberId, sessions: ended.length },
    'logged out everywhere',
  )
}

/** Every other session ends; this one goes on with a new pair of tokens. */
export async function changePassword(
  context: MemberContext,
  throttle: LoginThrottle,
  token: AccessToken,
  { currentPassword, newPassword }: PasswordChange,
  client: Client,
): Promise<Tokens> {
  const { memberId, sessionId } = token
  const known = await confirmOwnerOrThrow(
    context,
    throttle,
    token,
    { password: currentPassword, field: 'currentPassword' },
    client,
  )
  const { handle, email } = await getIdentity(context.sql, memberId)
  throwProblems(await passwordProblem(newPassword, handle, email, 'newPassword'))
  const hash = await context.passwords.hash(newPassword)
  const { ended, refreshToken } = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockUnchangedOrThrow(transaction, memberId, known)
    await setPasswordHash(transaction, memberId, hash)
    await insertAudit(transaction, {
      type: 'PASSWORD_CHANGED',
      memberId,
      sessionId,
      address: client.address,
    })
    const others = (await findLiveSessionIds(transaction, memberId)).filter(
      (id) => id !== sessionId,
    )
    const refreshToken = await renewSessionOrThrow(transaction, sessionId)
    return {
      refreshToken,
      ended: await endSessions(transaction, others, revocationLife(context.settings)),
    }
  })
  await announceEnded(context, ended)
  context.log.info(
    { security: 'PASSWORD_CHANGED', memberId, sessionsEnded: ended.length },
    'password changed',
  )
  return { accessToken: await issueAccessToken(context, memberId, sessionId), refreshToken }
}

/** Hides the member and all that they wrote at once; a login within 30 days brings it back. */
export async function withdraw(
  context: MemberContext,
  throttle: LoginThrottle,
  token: AccessToken,
  password: string | undefined,
  client: Client,
): Promise<void> {
  const { memberId } = token
  const known = await confirmOwnerOrThrow(
    context,
    throttle,
    token,
    { password, field: 'password' },
    client,
  )
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockUnchangedOrThrow(transaction, memberId, known)
    await setWithdrawn(transaction, memberId, true)
    await insertMemberEvent(context, transaction, 'MEMBER_WITHDRAW', memberId)
    await insertAudit(transaction, { type: 'WITHDRAWN', memberId, address: client.address })
    return endSessions(
      transaction,
      await findLiveSessionIds(transaction, memberId),
      revocationLife(context.settings),
    )
  })
  await announceEnded(context, ended)
  context.wakeRelay()
  context.log.info({ security: 'WITHDRAWN', memberId, sessions: ended.length }, 'withdrawn')
}

/** auth.md: a sign-in by a provider counts as long for a member without a password. */
const FRESH_SECONDS = 300

/**
 * That it is the member who asks, and not whoever sits at an unlocked screen: by the password, or for a member without one
 * by a session that began a moment ago. Returns the hash that the password was compared with.
 */
export async function confirmOwnerOrThrow(
  { sql, passwords, log }: MemberContext,
  throttle: LoginThrottle,
  { memberId, sessionId }: AccessToken,
  { password, field }: { password: string | undefined; field: string },
  client: Client,
): Promise<string | null | undefined> {
  const known = await findPasswordHash(sql, memberId)
  if (known === null) {
    if (await isFreshProviderSession(sql, sessionId, FRESH_SECONDS)) return known
    throw new DailyfeedError('RECENT_SIGN_IN_NEEDED')
  }
  if (password === undefined)
    throw new ValidationError([
      { field, ko: '비밀번호를 입력해 주세요.', en: 'Please enter your password.' },
    ])
  return throttle.judge(`member ${memberId}`, client, async () => {
    const hash = await findPasswordHash(sql, memberId)
    if (await passwords.verify(hash, password)) return hash
    log.info(
      { security: 'PASSWORD_REFUSED', memberId, address: client.address },
      'wrong current password',
    )
    await insertAudit(sql, { type: 'PASSWORD_REFUSED', memberId, address: client.address })
    throw new DailyfeedError('MEMBER_PASSWORD_INVALID')
  })
}

/** The password that was checked is the member's still; from here on it stays so until the commit. */
export async function lockUnchangedOrThrow(
  sql: Sql,
  memberId: number,
  passwordHash: string | null | undefined,
): Promise<void> {
  if ((await lockMember(sql, memberId))?.password_hash !== passwordHash)
    throw new DailyfeedError('MEMBER_PASSWORD_INVALID')
}
