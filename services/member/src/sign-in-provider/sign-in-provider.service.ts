import type { AccessToken } from '@dailyfeed/access-token/access-token'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type {
  MemberSummary,
  ProviderSignupRequest,
  ProvenSignIn,
  SignInMethods,
  SignInProvider,
} from '@dailyfeed/contract/member'
import type { Client } from '@dailyfeed/http-server/client-address'
import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import { findCredentialsByEmail, findPasswordHash } from '../account/account.queries.ts'
import { emailOf } from '../account/account-rules.ts'
import {
  confirmOwnerOrThrow,
  createMember,
  enter,
  lockUnchangedOrThrow,
} from '../account/account.service.ts'
import type { LoginThrottle } from '../account/login-throttle.ts'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import type { Device, Tokens } from '../session/session.service.ts'
import {
  deleteIdentity,
  findIdentities,
  findMemberOfIdentity,
  insertIdentity,
} from './identity.queries.ts'
import {
  type FlowSecrets,
  type ProvenIdentity,
  type ProviderClient,
  ProviderUnavailableError,
} from './provider-client.ts'

/** What the browser keeps while it is at the provider. */
export interface Flow extends FlowSecrets {
  provider: string
  returnTo: string
  /** Who is logged in already, and links another way to sign in. */
  linkTo?: number
}

/** What the browser keeps of somebody who was proved, until they decided. */
export interface Proven extends ProvenIdentity {
  email: string
  returnTo: string
}

export type SignInOutcome =
  | ({ outcome: 'SIGNED_IN' } & Tokens)
  | { outcome: 'LINKED' }
  /** Nobody is known by this identity: a new account, or the owner of the e-mail address says that both are one. */
  | { outcome: 'DECIDE'; proven: Proven }
  | { outcome: 'EMAIL_NOT_VERIFIED' | 'ACCOUNT_GONE' | 'ALREADY_LINKED' }

export const toSignInProvider = ({ settings: { id, name } }: ProviderClient): SignInProvider => ({
  id,
  name,
})

export function providerOrThrow({ providers }: MemberContext, id: string): ProviderClient {
  const provider = providers.find(({ settings }) => settings.id === id)
  if (provider === undefined) throw new DailyfeedError('PROVIDER_NOT_FOUND')
  return provider
}

/** Another way to sign in for a member, who proves to be the one first. */
export async function beginLink(
  context: MemberContext,
  throttle: LoginThrottle,
  token: AccessToken,
  {
    provider,
    password,
    redirectUri,
    returnTo,
  }: { provider: string; password: string | undefined; redirectUri: string; returnTo: string },
  client: Client,
): Promise<{ url: string; flow: Flow }> {
  const chosen = providerOrThrow(context, provider)
  await confirmOwnerOrThrow(context, throttle, token, { password, field: 'password' }, client)
  try {
    const { url, secrets } = await chosen.begin(redirectUri)
    return { url, flow: { ...secrets, provider, returnTo, linkTo: token.memberId } }
  } catch (error) {
    if (error instanceof ProviderUnavailableError)
      throw new DailyfeedError('PROVIDER_UNAVAILABLE', { retryAfterSeconds: 5, cause: error })
    throw error
  }
}

/** The browser is back. Throws what `ProviderClient.finish` throws. */
export async function finishSignIn(
  context: MemberContext,
  flow: Flow,
  callbackUrl: URL,
  device: Device,
): Promise<SignInOutcome> {
  const identity = await providerOrThrow(context, flow.provider).finish(callbackUrl, flow)
  if (flow.linkTo !== undefined) return link(context, flow.linkTo, identity, device)
  const memberId = await findMemberOfIdentity(context.sql, identity.issuer, identity.subject)
  if (memberId !== undefined) return enterAs(context, memberId, identity, device)
  if (identity.email === undefined) return { outcome: 'EMAIL_NOT_VERIFIED' }
  return {
    outcome: 'DECIDE',
    proven: { ...identity, email: emailOf(identity.email), returnTo: flow.returnTo },
  }
}

async function enterAs(
  context: MemberContext,
  memberId: number,
  { provider }: ProvenIdentity,
  device: Device,
): Promise<SignInOutcome> {
  try {
    return { outcome: 'SIGNED_IN', ...(await enter(context, memberId, device, { provider })) }
  } catch (error) {
    if (error instanceof DailyfeedError && error.code === 'LOGIN_FAILED')
      return { outcome: 'ACCOUNT_GONE' }
    throw error
  }
}

async function link(
  context: MemberContext,
  memberId: number,
  identity: ProvenIdentity,
  { address, userAgent }: Device,
): Promise<SignInOutcome> {
  try {
    await context.sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql
      await insertIdentity(transaction, { memberId, ...identity })
      await insertAudit(transaction, { type: 'PROVIDER_LINKED', memberId, address, userAgent })
    })
  } catch (error) {
    if (isTaken(error)) return { outcome: 'ALREADY_LINKED' }
    throw error
  }
  context.log.info(
    { security: 'PROVIDER_LINKED', memberId, provider: identity.provider },
    'a provider was linked',
  )
  return { outcome: 'LINKED' }
}

/** What there is to decide for somebody who was proved. */
export async function describeProven(
  context: MemberContext,
  { provider, email, name }: Proven,
): Promise<ProvenSignIn> {
  const isKnown = (await findCredentialsByEmail(context.sql, email)) !== undefined
  return {
    next: isKnown ? 'LINK' : 'SIGN_UP',
    provider: toSignInProvider(providerOrThrow(context, provider)),
    email,
    name: name ?? null,
  }
}

type Entered = Tokens & { summary: MemberSummary }

/** A new account without a password. Twice at once, or again: one account, entered twice. */
export async function signUpProven(
  context: MemberContext,
  proven: Proven,
  request: ProviderSignupRequest,
  device: Device,
): Promise<Entered> {
  const { provider, issuer, subject, email } = proven
  const known = await findMemberOfIdentity(context.sql, issuer, subject)
  if (known !== undefined) return enter(context, known, device, { provider })
  const memberId = await createMember(
    context,
    { ...request, email, avatarUrl: null },
    null,
    device,
    async (transaction, memberId) => {
      await insertIdentity(transaction, { memberId, provider, issuer, subject, email })
      await insertAudit(transaction, { type: 'PROVIDER_LINKED', memberId, ...device })
    },
  )
  return enter(context, memberId, device, { provider })
}

/**
 * The owner of the account with the proved e-mail address says, by its password, that both are one. An address alone is no
 * proof of that: accounts here do not verify theirs.
 */
export async function linkProven(
  context: MemberContext,
  throttle: LoginThrottle,
  proven: Proven,
  password: string,
  device: Device,
  client: Client,
): Promise<Entered> {
  const { provider, issuer, subject, email } = proven
  const { memberId, passwordHash } = await throttle.judge(email, client, async () => {
    const credentials = await findCredentialsByEmail(context.sql, email)
    const isRight = await context.passwords.verify(credentials?.password_hash, password)
    if (isRight && credentials?.restorable)
      return { memberId: credentials.id, passwordHash: credentials.password_hash }
    await insertAudit(context.sql, { type: 'LOGIN_FAILED', memberId: credentials?.id, ...device })
    throw new DailyfeedError('MEMBER_PASSWORD_INVALID')
  })
  try {
    return await enter(context, memberId, device, {
      passwordHash,
      provider,
      async also(transaction) {
        await insertIdentity(transaction, { memberId, provider, issuer, subject, email })
        await insertAudit(transaction, { type: 'PROVIDER_LINKED', memberId, ...device })
      },
    })
  } catch (error) {
    if (isTaken(error)) throw new DailyfeedError('PROVIDER_ALREADY_LINKED')
    throw error
  }
}

export async function describeSignInMethods(
  { sql, providers }: MemberContext,
  memberId: number,
): Promise<SignInMethods> {
  const hash = await findPasswordHash(sql, memberId)
  const identities = await findIdentities(sql, memberId)
  return {
    password: typeof hash === 'string',
    providers: providers.map((provider) => {
      const linked = identities.find((identity) => identity.provider === provider.settings.id)
      return {
        ...toSignInProvider(provider),
        linked:
          linked === undefined
            ? null
            : { email: linked.email, linkedAt: linked.linked_at.toISOString() },
      }
    }),
  }
}

/** Never the last way to sign in. */
export async function unlink(
  context: MemberContext,
  throttle: LoginThrottle,
  token: AccessToken,
  { provider, password }: { provider: string; password: string | undefined },
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
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    // Locked: two at once must not take the last two.
    await lockUnchangedOrThrow(transaction, memberId, known)
    const identities = await findIdentities(transaction, memberId)
    if (!identities.some((identity) => identity.provider === provider))
      throw new DailyfeedError('PROVIDER_NOT_LINKED')
    if (typeof known !== 'string' && identities.length === 1)
      throw new DailyfeedError('LAST_SIGN_IN_METHOD')
    await deleteIdentity(transaction, memberId, provider)
    await insertAudit(transaction, { type: 'PROVIDER_UNLINKED', memberId, address: client.address })
  })
  context.log.info({ security: 'PROVIDER_UNLINKED', memberId, provider }, 'a provider was unlinked')
}

const isTaken = (error: unknown) =>
  isUniqueViolation(error, 'identity_pkey') || isUniqueViolation(error, 'identity_one_a_provider')
