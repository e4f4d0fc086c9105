/** Problems of a sign-in by a provider, as the server names them in the address. */
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

/** Reasons why the login page is shown. */
const REASONS = ['expired', 'needed', 'loggedOut', 'withdrawn'] as const

/** Search parameters of the login and signup pages. */
export interface AuthSearch {
  /** The page to continue with after the sign-in. */
  returnTo?: string
  reason?: (typeof REASONS)[number]
  problem?: ProviderProblem
}

/** Unknown values are left out. */
export function problemSearch(search: Record<string, unknown>): { problem?: ProviderProblem } {
  const problem = PROVIDER_PROBLEMS.find((each) => each === search.problem)
  return problem === undefined ? {} : { problem }
}

export function authSearch(search: Record<string, unknown>): AuthSearch {
  const reason = REASONS.find((each) => each === search.reason)
  return {
    ...(typeof search.returnTo === 'string' && { returnTo: search.returnTo }),
    ...(reason !== undefined && { reason }),
    ...problemSearch(search),
  }
}
