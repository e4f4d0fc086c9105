import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError } from '@dailyfeed/code/errors'
import type { LoginRequest, MemberSummary, PasswordChange, SignupRequest } from '@dailyfeed/code/member'
import type { Client } from '@dailyfeed/http-server/client-address'
import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import type { MemberContext } from '../context.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import { findProfile } from '../profile/profile.queries.ts'
import { announceEnded, type Device, issueAccessToken, openSession, renewSession, revocationLife, type Tokens } from '../session/session.service.ts'
import { endSessions, findLiveSessionIds } from '../session/session.queries.ts'
import { findCredentialsByEmail, findPasswordHash, getIdentity, insertMember, lockMember, setPasswordHash, setWithdrawn } from './account.queries.ts'
import { avatarUrlOf, avatarUrlProblem, birthDateProblem, passwordProblem, throwProblems, timezoneProblem } from './account-rules.ts'
import type { LoginThrottle } from './login-throttle.ts'
import { insertMemberEvent } from './member-event.ts'

/** `''` and null mean the same as absence. */
const orNull = (value: string | null | undefined): string | null => (value === undefined || value === '' ? null : value)

export async function signUp(context: MemberContext, request: SignupRequest): Promise<{ id: number; name: string }> {
  throwProblems(passwordProblem(request.password, request.handle, request.email), birthDateProblem(request.birthDate), timezoneProblem(request.timezone), avatarUrlProblem(request.avatarUrl))
  const passwordHash = await context.passwords.hash(request.password)
  const member = {
    email: request.email,
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
      return memberId
    })
    context.wakeRelay()
    return { id, name: request.memberName }
  } catch (error) {
    if (isUniqueViolation(error, 'member_email')) throw new DailyfeedError('MEMBER_ALREADY_EXISTS')
    if (isUniqueViolation(error, 'member_handle')) throw new DailyfeedError('MEMBER_HANDLE_ALREADY_EXISTS')
    throw error
  }
}

/** One answer, and one cost, for an unknown e-mail address, a wrong password and an account that is gone. */
export async function logIn(context: MemberContext, throttle: LoginThrottle, { email, password }: LoginRequest, device: Device, client: Client): Promise<Tokens & { summary: MemberSummary }> {
  await throttle.admitOrThrow(email, client)
  const credentials = await findCredentialsByEmail(context.sql, email)
  const isRight = await context.passwords.verify(credentials?.password_hash, password)
  if (!isRight || credentials === undefined || !credentials.restorable) {
    await throttle.recordFailure(email, client)
    throw new DailyfeedError('LOGIN_FAILED')
  }
  await throttle.recordSuccess(email)

  const memberId = credentials.id
  const session = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    const member = await lockMember(transaction, memberId)
    // A password that was changed while it was being checked opens nothing any more.
    if (member === undefined || member.password_hash !== credentials.password_hash) throw new DailyfeedError('LOGIN_FAILED')
    if (member.withdrawn) {
      await setWithdrawn(transaction, memberId, false)
      await insertMemberEvent(context, transaction, 'MEMBER_RESTORE', memberId)
    }
    const opened = await openSession(transaction, memberId, device)
    await insertMemberEvent(context, transaction, 'MEMBER_LOGIN', memberId)
    return opened
  })
  context.wakeRelay()
  const accessToken = await issueAccessToken(context, memberId, session.sessionId)
  const row = await findProfile(context.sql, memberId, memberId)
  if (row === undefined) throw new DailyfeedError('LOGIN_FAILED')
  return { accessToken, refreshToken: session.refreshToken, summary: toSummary(row) }
}

export async function logOutEverywhere(context: MemberContext, memberId: number): Promise<void> {
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockMember(transaction, memberId)
    const rows = await endSessions(transaction, await findLiveSessionIds(transaction, memberId), revocationLife(context.settings))
    await insertMemberEvent(context, transaction, 'MEMBER_LOGOUT', memberId)
    return rows
  })
  announceEnded(context, ended)
  context.wakeRelay()
}

/** Every other session ends; this one goes on with a new pair of tokens. */
export async function changePassword(context: MemberContext, throttle: LoginThrottle, { memberId, sessionId }: AccessToken, { currentPassword, newPassword }: PasswordChange, client: Client): Promise<Tokens> {
  await checkPasswordOrThrow(context, throttle, memberId, currentPassword, client)
  const { handle, email } = await getIdentity(context.sql, memberId)
  throwProblems(passwordProblem(newPassword, handle, email, 'newPassword'))
  const hash = await context.passwords.hash(newPassword)
  const { ended, refreshToken } = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockMember(transaction, memberId)
    await setPasswordHash(transaction, memberId, hash)
    const others = (await findLiveSessionIds(transaction, memberId)).filter((id) => id !== sessionId)
    return { ended: await endSessions(transaction, others, revocationLife(context.settings)), refreshToken: await renewSession(transaction, sessionId) }
  })
  announceEnded(context, ended)
  return { accessToken: await issueAccessToken(context, memberId, sessionId), refreshToken }
}

/** Hides the member and all that they wrote at once; a login within 30 days brings it back. */
export async function withdraw(context: MemberContext, throttle: LoginThrottle, memberId: number, password: string, client: Client): Promise<void> {
  await checkPasswordOrThrow(context, throttle, memberId, password, client)
  const ended = await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockMember(transaction, memberId)
    await setWithdrawn(transaction, memberId, true)
    await insertMemberEvent(context, transaction, 'MEMBER_WITHDRAW', memberId)
    return endSessions(transaction, await findLiveSessionIds(transaction, memberId), revocationLife(context.settings))
  })
  announceEnded(context, ended)
  context.wakeRelay()
}

async function checkPasswordOrThrow({ sql, passwords }: MemberContext, throttle: LoginThrottle, memberId: number, password: string, client: Client): Promise<void> {
  const account = `member ${memberId}`
  await throttle.admitOrThrow(account, client)
  if (await passwords.verify(await findPasswordHash(sql, memberId), password)) return throttle.recordSuccess(account)
  await throttle.recordFailure(account, client)
  throw new DailyfeedError('MEMBER_PASSWORD_INVALID')
}
