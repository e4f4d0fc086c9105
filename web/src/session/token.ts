import { RELOGIN_REQUIRED } from '@dailyfeed/contract/headers'
import { dataOf, send } from '../server/send.ts'
import { endSession, onSessionEnd, setSessionState } from './session.ts'

/** Renewed this long before it ends, or at four fifths of a life that is shorter. */
const RENEW_BEFORE_MS = 60_000
/** Longer timeouts overflow and fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

// In memory only: a script that gets into the page finds nothing to carry away from storage.
let token: string | undefined
let renewal: Promise<string> | undefined
let renewalTimer: ReturnType<typeof setTimeout> | undefined

onSessionEnd(() => {
  token = undefined
  clearTimeout(renewalTimer)
})

export const tokenOrRenewed = (): Promise<string> =>
  token === undefined ? renewToken() : Promise.resolve(token)

/**
 * A token other than `stale`, by one refresh for all who ask at the same time.
 * Throws a Failure; when the cookie is no longer good the session has ended.
 */
export function renewToken(stale?: string): Promise<string> {
  if (token !== undefined && token !== stale) return Promise.resolve(token)
  renewal ??= oneTabAtATime(refresh).finally(() => {
    renewal = undefined
  })
  return renewal
}

/** Takes the token out of the response of login, refresh or a password change. Throws when there is none. */
export function acceptTokenOrThrow(response: Response): string {
  const accepted = /^Bearer (.+)$/.exec(response.headers.get('Authorization') ?? '')?.[1]
  if (accepted === undefined) throw new Error('The answer carries no access token')
  token = accepted
  setSessionState('SIGNED_IN')
  clearTimeout(renewalTimer)
  const life = lifeOf(accepted)
  const wait = Math.min(Math.max(life - RENEW_BEFORE_MS, life * 0.8), MAX_TIMEOUT_MS)
  // A failure here shows itself at the next call, which asks again.
  if (life > 0) renewalTimer = setTimeout(() => void renewToken(accepted).catch(() => {}), wait)
  return accepted
}

async function refresh(): Promise<string> {
  const response = await send({ method: 'POST', path: '/api/token/refresh' })
  if (response.status === 401 && response.headers.get(RELOGIN_REQUIRED) === 'true')
    endSession('EXPIRED')
  await dataOf<true>(response)
  return acceptTokenOrThrow(response)
}

/** The cookie changes with each refresh: two tabs that sent the same one would look like a thief and a victim. */
function oneTabAtATime<T>(act: () => Promise<T>): Promise<T> {
  return navigator.locks === undefined ? act() : navigator.locks.request('dailyfeed.refresh', act)
}

/** Milliseconds from issue to expiry, so that a wrong clock on this side does no harm; 0 where the token does not say. */
function lifeOf(jwt: string): number {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const { iat, exp } = JSON.parse(atob(payload)) as { iat?: number; exp?: number }
    return exp === undefined
      ? 0
      : Math.max(exp * 1000 - (iat === undefined ? Date.now() : iat * 1000), 0)
  } catch {
    return 0
  }
}
