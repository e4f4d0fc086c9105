import type {
  MemberSummary,
  ProvenSignIn,
  ProviderSignupRequest,
  SignInMethods,
  SignInProvider,
} from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { call } from '../server/call.ts'
import { dataOf, send } from '../server/send.ts'
import { acceptSignIn } from '../session/enter.ts'

const BASE = '/api/authentication/oidc'
export const SIGN_IN_METHODS = ['sign-in-methods'] as const

/** Why a sign-in by a provider led back here, as the server names it in the address. */
const PROVIDER_PROBLEMS = [
  'provider_cancelled',
  'provider_refused',
  'provider_expired',
  'provider_unavailable',
  'provider_email',
  'provider_linked',
  'account_gone',
] as const
export type ProviderProblem = (typeof PROVIDER_PROBLEMS)[number]

export const providerProblemOf = (value: unknown): ProviderProblem | undefined =>
  PROVIDER_PROBLEMS.find((problem) => problem === value)

/** Empty until they are known: the buttons appear beside a form that works without them. */
export function useProviders(): SignInProvider[] {
  const { data = [] } = useQuery({
    queryKey: ['providers'],
    queryFn: async ({ signal }) =>
      dataOf<SignInProvider[]>(await send({ method: 'GET', path: `${BASE}/providers`, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data
}

/** A link, not a call: the whole page goes to the provider. */
export const startPathOf = (provider: string, returnTo: string | undefined): string =>
  `${BASE}/${provider}/start${returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`}`

export const fetchProven = async (signal: AbortSignal): Promise<ProvenSignIn> =>
  dataOf<ProvenSignIn>(await send({ method: 'GET', path: `${BASE}/proven`, signal }))

export const signUpProven = async (request: ProviderSignupRequest): Promise<MemberSummary> =>
  acceptSignIn(await send({ method: 'POST', path: `${BASE}/signup`, body: request }))

export const linkProven = async (password: string): Promise<MemberSummary> =>
  acceptSignIn(await send({ method: 'POST', path: `${BASE}/link`, body: { password } }))

export const fetchSignInMethods = (signal: AbortSignal): Promise<SignInMethods> =>
  call<SignInMethods>('GET', '/api/authentication/sign-in-methods', { signal })

/** Until it is known, and in doubt: yes. */
export const useHasPassword = (): boolean =>
  useQuery({ queryKey: SIGN_IN_METHODS, queryFn: ({ signal }) => fetchSignInMethods(signal) }).data
    ?.password ?? true

/** The body that proves whose account it is; who has no password proves it by a fresh sign-in. */
export const proofOf = (password: string) => (password === '' ? {} : { password })

export const beginLink = (provider: string, password: string): Promise<{ url: string }> =>
  call<{ url: string }>('POST', `${BASE}/${provider}/link`, { body: proofOf(password) })

export const unlinkProvider = (provider: string, password: string): Promise<true> =>
  call<true>('DELETE', `${BASE}/${provider}/link`, { body: proofOf(password) })
