import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { Client } from '@dailyfeed/http-server/client-address'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { fieldProblem } from '../field-problem.ts'
import { lockMember } from '../member-row/member-row.queries.ts'
import { isFreshProviderSession } from '../session/session.queries.ts'
import { findAccountByEmail, findPasswordHash } from './account.queries.ts'
import { type KnownBrowser, knownDeviceOf, type LoginSource, withMember } from './known-browser.ts'

/** How long a sign-in at a provider counts as proof for a member without a password. */
const FRESH_SECONDS = 300

interface CredentialProof {
  email: string
  password: string
  source: LoginSource
  /** Thrown when they do not fit. */
  refusal: 'LOGIN_FAILED' | 'MEMBER_PASSWORD_INVALID'
}

interface ProvenCredentials {
  memberId: number
  passwordHash: string | null
  /** The browser of the request, which is known from now on. */
  browser: KnownBrowser
}

/**
 * Proves an account by e-mail address and password. An unknown address, a wrong password and an
 * erased account get the same answer at the same cost. Throws `refusal` or TOO_MANY_REQUEST.
 */
export async function proveCredentialsOrThrow(
  { sql, passwords, throttle, log }: MemberContext,
  { email, password, source: { device, client, browser }, refusal }: CredentialProof,
): Promise<ProvenCredentials> {
  const { foldedEmail, credentials } = await findAccountByEmail(sql, email)
  const guess = {
    account: credentials === undefined ? `email ${foldedEmail}` : `member ${credentials.id}`,
    client,
    knownDevice: credentials && knownDeviceOf(browser, credentials.id, credentials.password_hash),
  }
  return throttle.attempt(guess, async () => {
    const isRight = await passwords.verify(credentials?.password_hash, password)
    if (isRight && credentials?.restorable) {
      const { id: memberId, password_hash: passwordHash } = credentials
      return { memberId, passwordHash, browser: withMember(browser, memberId, passwordHash) }
    }
    log.info(
      { security: 'LOGIN_FAILED', memberId: credentials?.id, address: client.address },
      'login failed',
    )
    await insertAudit(sql, { type: 'LOGIN_FAILED', memberId: credentials?.id, ...device })
    throw new DailyfeedError(refusal)
  })
}

interface OwnerProof {
  token: AccessToken
  password: string | undefined
  /** Names the password in a ValidationError. */
  field: string
  client: Client
}

/**
 * Proves that the owner of a session makes the request, and not a passer-by at an unlocked screen: by
 * the password, or, for a member without one, by a session that has just begun at a provider. Returns
 * the hash that was compared, for `lockUnchangedOrThrow`. Throws RECENT_SIGN_IN_NEEDED, a
 * ValidationError, MEMBER_PASSWORD_INVALID or TOO_MANY_REQUEST.
 */
export async function proveOwnerOrThrow(
  { sql, passwords, throttle, log }: MemberContext,
  { token: { memberId, sessionId }, password, field, client }: OwnerProof,
): Promise<string | null | undefined> {
  const known = await findPasswordHash(sql, memberId)
  if (known === null) {
    if (await isFreshProviderSession(sql, sessionId, FRESH_SECONDS)) return known
    throw new DailyfeedError('RECENT_SIGN_IN_NEEDED')
  }
  if (password === undefined)
    throw new ValidationError([
      fieldProblem(field, '비밀번호를 입력해 주세요.', 'Please enter your password.'),
    ])
  // Guesses within one session lock out neither logins nor the owner's other sessions.
  const guess = { account: `member ${memberId}`, client, knownDevice: `session ${sessionId}` }
  return throttle.attempt(guess, async () => {
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

/**
 * Locks the member's row until the commit. Throws MEMBER_PASSWORD_INVALID when the password has changed
 * since `passwordHash` was compared.
 */
export async function lockUnchangedOrThrow(
  sql: Queryable,
  memberId: number,
  passwordHash: string | null | undefined,
): Promise<void> {
  if ((await lockMember(sql, memberId))?.password_hash !== passwordHash)
    throw new DailyfeedError('MEMBER_PASSWORD_INVALID')
}
