import type { VerifiedSignIn, SignInMethods, SignInProvider } from '@dailyfeed/contract/member'
import type { IdentityRow, NewIdentity } from './identity.queries.ts'
import type { ProviderClient, ProviderIdentity } from './provider-client.ts'
import type { VerifiedIdentity } from './sign-in-flow.ts'

export const toSignInProvider = ({ settings: { id, name } }: ProviderClient): SignInProvider => ({
  id,
  name,
})

/** `hasAccount`: whether an account with the same e-mail address exists. */
export const toVerifiedSignIn = (
  { email, name }: VerifiedIdentity,
  provider: ProviderClient,
  hasAccount: boolean,
): VerifiedSignIn => ({
  next: hasAccount ? 'LINK' : 'SIGN_UP',
  provider: toSignInProvider(provider),
  email,
  name: name ?? null,
})

export const toSignInMethods = (
  providers: readonly ProviderClient[],
  identities: readonly IdentityRow[],
  passwordHash: string | null | undefined,
): SignInMethods => ({
  password: typeof passwordHash === 'string',
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
})

export const toNewIdentity = (
  memberId: number,
  { provider, issuer, subject, email }: ProviderIdentity,
): NewIdentity => ({ memberId, provider, issuer, subject, email })
