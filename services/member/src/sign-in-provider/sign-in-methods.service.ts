import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { SignInMethods } from '@dailyfeed/contract/member'
import type { Client } from '@dailyfeed/http-server/client-address'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { findPasswordHash } from '../account/account.queries.ts'
import { lockUnchangedOrThrow, proveOwnerOrThrow } from '../account/password-proof.ts'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { getProviderOrThrow } from './get-provider.ts'
import { deleteIdentity, findIdentities } from './identity.queries.ts'
import { ProviderUnavailableError } from './provider-client.ts'
import type { SignInFlow } from './sign-in-flow.ts'
import { toSignInMethods } from './sign-in-provider.mapper.ts'

export async function describeSignInMethods(
  { sql, providers }: MemberContext,
  memberId: number,
): Promise<SignInMethods> {
  const hash = await findPasswordHash(sql, memberId)
  return toSignInMethods(providers, await findIdentities(sql, memberId), hash)
}

interface LinkStart {
  provider: string
  password: string | undefined
  redirectUri: string
  returnTo: string
}

/**
 * Starts to link one more provider, after the member has proved to own the account. Returns the address
 * to send the browser to. Throws the errors of `proveOwnerOrThrow`, PROVIDER_NOT_FOUND or
 * PROVIDER_UNAVAILABLE.
 */
export async function beginLink(
  context: MemberContext,
  token: AccessToken,
  { provider, password, redirectUri, returnTo }: LinkStart,
  client: Client,
): Promise<{ url: string; flow: SignInFlow }> {
  const chosen = getProviderOrThrow(context, provider)
  await proveOwnerOrThrow(context, { token, password, field: 'password', client })
  try {
    const { url, secrets } = await chosen.begin(redirectUri)
    return { url, flow: { ...secrets, provider, returnTo, linkTo: token.memberId } }
  } catch (error) {
    if (error instanceof ProviderUnavailableError)
      throw new DailyfeedError('PROVIDER_UNAVAILABLE', { retryAfterSeconds: 5, cause: error })
    throw error
  }
}

/**
 * Removes a provider, but never the last way to sign in. Throws the errors of `proveOwnerOrThrow`,
 * PROVIDER_NOT_LINKED or LAST_SIGN_IN_METHOD.
 */
export async function unlink(
  context: MemberContext,
  token: AccessToken,
  { provider, password }: { provider: string; password: string | undefined },
  client: Client,
): Promise<void> {
  const { memberId } = token
  const known = await proveOwnerOrThrow(context, { token, password, field: 'password', client })
  await inTransaction(context.sql, async (transaction) => {
    // Locked, so that two requests at once cannot remove the last two providers.
    await lockUnchangedOrThrow(transaction, memberId, known)
    const identities = await findIdentities(transaction, memberId)
    if (!identities.some((identity) => identity.provider === provider))
      throw new DailyfeedError('PROVIDER_NOT_LINKED')
    if (typeof known !== 'string' && identities.length === 1)
      throw new DailyfeedError('LAST_SIGN_IN_METHOD')
    await deleteIdentity(transaction, memberId, provider)
    await insertAudit(transaction, { type: 'PROVIDER_UNLINKED', memberId, address: client.address })
  })
  context.log.info({ security: 'PROVIDER_UNLINKED', memberId, provider }, 'provider unlinked')
}
