import { RELOGIN_REQUIRED } from '@dailyfeed/contract/headers'
import { dataOf, send } from '../server/send.ts'
import { createAccessToken } from './accessToken.ts'
import { endSession, session } from './session.ts'

const accessToken = createAccessToken({ session, refresh: () => oneTabAtATime(refresh) })

export const currentOrRenewedToken = accessToken.currentOrRenewed
export const renewToken = accessToken.renew
export const acceptTokenOrThrow = accessToken.acceptOrThrow

async function refresh(): Promise<Response> {
  const response = await send({ method: 'POST', path: '/api/token/refresh' })
  if (response.status === 401 && response.headers.get(RELOGIN_REQUIRED) === 'true')
    endSession('EXPIRED')
  await dataOf<true>(response)
  return response
}

/**
 * Each refresh rotates the cookie. Two tabs that sent the same cookie would look like token theft to the server, which
 * then revokes the session.
 */
function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks === undefined ? work() : navigator.locks.request('dailyfeed.refresh', work)
}
