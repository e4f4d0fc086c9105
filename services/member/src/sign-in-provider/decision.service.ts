import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { ProviderSignupRequest, VerifiedSignIn } from '@dailyfeed/contract/member'
import { findCredentialsByEmail } from '../account/account.queries.ts'
import type { LoggedIn } from '../account/account.service.ts'
import type { LoginSource } from '../account/known-browser.ts'
import { proveCredentialsOrThrow } from '../account/password-proof.ts'
import { createMember } from '../account/signup.service.ts'
import type { MemberContext } from '../context.ts'
import type { Device } from '../session/device.ts'
import { type StartedSession, startSession } from '../session/start-session.ts'
import { getProviderOrThrow } from './get-provider.ts'
import { findMemberOfIdentity } from './identity.queries.ts'
import { isLinkedAlready, linkIdentity } from './link-identity.ts'
import type { VerifiedIdentity } from './sign-in-flow.ts'
import { toVerifiedSignIn } from './sign-in-provider.mapper.ts'

/** The decision that a person with a new identity has to make: create an account, or link one. */
export async function describeIdentity(
  context: MemberContext,
  identity: VerifiedIdentity,
): Promise<VerifiedSignIn> {
  const account = await findCredentialsByEmail(context.sql, identity.email)
  const provider = getProviderOrThrow(context, identity.provider)
  return toVerifiedSignIn(identity, provider, account !== undefined)
}

/**
 * Creates an account without a password. Repeated or sent twice at once it creates one account and
 * starts two sessions. Throws MEMBER_ALREADY_EXISTS or MEMBER_HANDLE_ALREADY_EXISTS.
 */
export async function signUpByProvider(
  context: MemberContext,
  identity: VerifiedIdentity,
  request: ProviderSignupRequest,
  device: Device,
): Promise<StartedSession> {
  const { provider, issuer, subject, email } = identity
  const known = await findMemberOfIdentity(context.sql, issuer, subject)
  if (known !== undefined) return startSession(context, known, device, { provider })
  const memberId = await createMember(
    context,
    { ...request, email, avatarUrl: null },
    {
      passwordHash: null,
      device,
      withinTransaction: (transaction, memberId) =>
        linkIdentity(transaction, memberId, identity, device),
    },
  )
  return startSession(context, memberId, device, { provider })
}

/**
 * Links the identity to the account with its e-mail address, whose owner proves it by the password: the
 * address alone proves nothing, since accounts do not verify theirs. Throws MEMBER_PASSWORD_INVALID,
 * TOO_MANY_REQUEST, LOGIN_FAILED or PROVIDER_ALREADY_LINKED.
 */
export async function linkByPassword(
  context: MemberContext,
  identity: VerifiedIdentity,
  password: string,
  source: LoginSource,
): Promise<LoggedIn> {
  const { device } = source
  const { memberId, passwordHash, browser } = await proveCredentialsOrThrow(context, {
    email: identity.email,
    password,
    source,
    refusal: 'MEMBER_PASSWORD_INVALID',
  })
  try {
    const session = await startSession(context, memberId, device, {
      passwordHash,
      provider: identity.provider,
      withinTransaction: (transaction) => linkIdentity(transaction, memberId, identity, device),
    })
    return { browser, ...session }
  } catch (error) {
    if (isLinkedAlready(error)) throw new DailyfeedError('PROVIDER_ALREADY_LINKED')
    throw error
  }
}
