/**
 * Paths that an overloaded process answers before all others: a member who can neither log in nor
 * refresh a token repeats that until it succeeds.
 */
export const FIRST_PATHS: ReadonlySet<string> = new Set([
  '/api/authentication/login',
  '/api/authentication/refresh',
  '/api/token/refresh',
])
