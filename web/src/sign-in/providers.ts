import type {
  MemberSummary,
  VerifiedSignIn,
  ProviderSignupRequest,
  SignInProvider,
} from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { dataOf, send } from '../server/send.ts'
import { acceptSignIn } from './signIn.ts'

const BASE = '/api/authentication/oidc'

/** An identity that a provider has verified and that is not linked to an account yet. */
export type VerifiedIdentity = VerifiedSignIn

/** Empty until they are loaded: the buttons appear beside a form that works without them. */
export function useProviders(): SignInProvider[] {
  const { data = [] } = useQuery({
    queryKey: ['providers'],
    queryFn: async ({ signal }) =>
      dataOf<SignInProvider[]>(await send({ method: 'GET', path: `${BASE}/providers`, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data
}

/** The address of a link, since the whole page goes to the provider. */
export function startPathOf(providerId: string, returnTo: string | undefined): string {
  const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`
  return `${BASE}/${providerId}/start${query}`
}

export const fetchVerifiedIdentity = async (signal: AbortSignal): Promise<VerifiedIdentity> =>
  dataOf<VerifiedIdentity>(await send({ method: 'GET', path: `${BASE}/proven`, signal }))

export const signUpVerified = async (request: ProviderSignupRequest): Promise<MemberSummary> =>
  acceptSignIn(await send({ method: 'POST', path: `${BASE}/signup`, body: request }))

export const linkVerified = async (password: string): Promise<MemberSummary> =>
  acceptSignIn(await send({ method: 'POST', path: `${BASE}/link`, body: { password } }))
