import { DailyfeedError } from '@dailyfeed/contract/errors'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { normaliseEmail } from '../account/account-rules.ts'
import type { MemberContext } from '../context.ts'
import type { Device } from '../session/device.ts'
import { startSession } from '../session/start-session.ts'
import type { Tokens } from '../session/tokens.ts'
import { getProviderOrThrow } from './get-provider.ts'
import { findMemberOfIdentity } from './identity.queries.ts'
import { isLinkedAlready, linkIdentity } from './link-identity.ts'
import type { ProviderIdentity } from './provider-client.ts'
import type { SignInFlow, VerifiedIdentity } from './sign-in-flow.ts'

export type SignInOutcome =
  | ({ outcome: 'SIGNED_IN' } & Tokens)
  | { outcome: 'LINKED' }
  /** No member has this identity: the person creates an account, or links the one with this e-mail address. */
  | { outcome: 'DECIDE'; identity: VerifiedIdentity }
  | { outcome: 'EMAIL_NOT_VERIFIED' | 'ACCOUNT_GONE' | 'ALREADY_LINKED' }

/** Completes a sign-in when the browser comes back from the provider. Throws the errors of `ProviderClient.finish`. */
export async function finishSignIn(
  context: MemberContext,
  flow: SignInFlow,
  callbackUrl: URL,
  device: Device,
): Promise<SignInOutcome> {
  const identity = await getProviderOrThrow(context, flow.provider).finish(callbackUrl, flow)
  if (flow.linkTo !== undefined) return linkTo(context, flow.linkTo, identity, device)
  const memberId = await findMemberOfIdentity(context.sql, identity.issuer, identity.subject)
  if (memberId !== undefined) return signIn(context, memberId, identity, device)
  if (identity.email === undefined) return { outcome: 'EMAIL_NOT_VERIFIED' }
  const email = normaliseEmail(identity.email)
  return { outcome: 'DECIDE', identity: { ...identity, email, returnTo: flow.returnTo } }
}

async function signIn(
  context: MemberContext,
  memberId: number,
  { provider }: ProviderIdentity,
  device: Device,
): Promise<SignInOutcome> {
  try {
    const session = await startSession(context, memberId, device, { provider })
    return { outcome: 'SIGNED_IN', ...session }
  } catch (error) {
    if (error instanceof DailyfeedError && error.code === 'LOGIN_FAILED')
      return { outcome: 'ACCOUNT_GONE' }
    throw error
  }
}

async function linkTo(
  context: MemberContext,
  memberId: number,
  identity: ProviderIdentity,
  device: Device,
): Promise<SignInOutcome> {
  try {
    await inTransaction(context.sql, (transaction) =>
      linkIdentity(transaction, memberId, identity, device),
    )
  } catch (error) {
    if (isLinkedAlready(error)) return { outcome: 'ALREADY_LINKED' }
    throw error
  }
  context.log.info(
    { security: 'PROVIDER_LINKED', memberId, provider: identity.provider },
    'provider linked',
  )
  return { outcome: 'LINKED' }
}
