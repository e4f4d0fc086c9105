import { RELOGIN_REQUIRED } from '@dailyfeed/contract/headers'
import { dataOf, type Method, type ServerRequest, send } from '../server/send.ts'
import { endSession } from './session.ts'
import { currentOrRenewedToken, renewToken } from './token.ts'

type CallOptions = Omit<ServerRequest, 'method' | 'path' | 'token'>

/** A request of the signed-in member. Returns the envelope's `data`; throws a Failure. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  return dataOf<T>(await callForResponse({ method, path, ...options }))
}

/**
 * Sends the request with the access token. After a 401 without `x-relogin-required` it renews the token and sends the
 * request once more; a 401 that remains ends the session.
 */
export async function callForResponse(request: Omit<ServerRequest, 'token'>): Promise<Response> {
  const token = await currentOrRenewedToken()
  let response = await send({ ...request, token })
  if (response.status === 401 && response.headers.get(RELOGIN_REQUIRED) !== 'true') {
    response = await send({ ...request, token: await renewToken(token) })
  }
  if (response.status === 401) endSession('EXPIRED')
  return response
}
