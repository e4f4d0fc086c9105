import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import type { Session } from './session.ts'

/** A token is renewed this long before it expires, or after four fifths of its lifetime if that is later. */
const RENEW_BEFORE_MS = 60_000
/** Longer timeouts overflow and fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

interface AccessTokenOptions {
  session: Session
  /** Requests a new token with the refresh cookie. Throws a Failure. */
  refresh: () => Promise<Response>
}

/**
 * Holds the access token in memory only: a script that is injected into the page finds no token in storage that it could
 * send elsewhere.
 */
export function createAccessToken({ session, refresh }: AccessTokenOptions) {
  let token: string | undefined
  let renewalTimer: ReturnType<typeof setTimeout> | undefined

  session.onEnd(() => {
    token = undefined
    clearTimeout(renewalTimer)
  })

  const refreshOnce = singleFlight(async () => acceptOrThrow(await refresh()))

  /**
   * A token other than `stale`; concurrent calls share one refresh. Throws a Failure; when the server no longer accepts
   * the cookie, the session has ended.
   */
  async function renew(stale?: string): Promise<string> {
    return token !== undefined && token !== stale ? token : refreshOnce()
  }

  /** Takes the token from the response to a login, refresh or password change. Throws when there is none. */
  function acceptOrThrow(response: Response): string {
    const accepted = /^Bearer (.+)$/.exec(response.headers.get('Authorization') ?? '')?.[1]
    if (accepted === undefined) throw new Error('the response carries no access token')
    token = accepted
    session.state.set('SIGNED_IN')
    scheduleRenewal(accepted)
    return accepted
  }

  function scheduleRenewal(current: string): void {
    clearTimeout(renewalTimer)
    const lifetime = lifetimeOf(current)
    if (lifetime === 0) return
    const delay = Math.min(Math.max(lifetime - RENEW_BEFORE_MS, lifetime * 0.8), MAX_TIMEOUT_MS)
    // After a failure the next request renews the token, and reports the failure if it persists.
    renewalTimer = setTimeout(() => void renew(current).catch(() => {}), delay)
  }

  return { currentOrRenewed: () => renew(), renew, acceptOrThrow }
}

/** Milliseconds from issue to expiry, independent of this computer's clock; 0 when the token does not say. */
export function lifetimeOf(jwt: string): number {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { iat, exp } = JSON.parse(atob(payload)) as { iat?: number; exp?: number }
    if (exp === undefined) return 0
    const issuedAt = iat === undefined ? Date.now() : iat * 1000
    return Math.max(exp * 1000 - issuedAt, 0)
  } catch {
    return 0
  }
}
