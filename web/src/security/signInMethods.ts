import type { SignInMethods } from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { call } from '../session/call.ts'

export const SIGN_IN_METHODS = ['sign-in-methods'] as const

export const useSignInMethods = () =>
  useQuery({
    queryKey: SIGN_IN_METHODS,
    queryFn: ({ signal }) =>
      call<SignInMethods>('GET', '/api/authentication/sign-in-methods', { signal }),
  })

/** True until the methods are loaded, since nearly all accounts have a password. */
export const useHasPassword = (): boolean => useSignInMethods().data?.password ?? true

/** The request body that proves ownership. Accounts without a password prove it by a recent sign-in instead. */
export const ownerProofOf = (password: string) => (password === '' ? {} : { password })

const linkPath = (providerId: string) => `/api/authentication/oidc/${providerId}/link`

/** Returns the provider's address, at which the browser continues. */
export const startLink = (providerId: string, password: string): Promise<{ url: string }> =>
  call<{ url: string }>('POST', linkPath(providerId), { body: ownerProofOf(password) })

export const unlinkProvider = (providerId: string, password: string): Promise<true> =>
  call<true>('DELETE', linkPath(providerId), { body: ownerProofOf(password) })
