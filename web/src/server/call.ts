import { RELOGIN_REQUIRED } from '@dailyfeed/contract/headers'
import { endSession } from '../session/session.ts'
import { renewToken, tokenOrRenewed } from '../session/token.ts'
import { dataOf, type Message, type Method, send } from './send.ts'

type CallOptions = Omit<Message, 'method' | 'path' | 'token'>

/** A call of the signed-in member: `data`, or a Failure. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  return dataOf<T>(await callForResponse({ method, path, ...options }))
}

/**
 * Sends with the token; where the server wants a fresh one, renews it once and repeats. 401 is for authentication alone,
 * so one that says nothing more is treated alike, and one that stays has ended the session.
 */
export async function callForResponse(message: Omit<Message, 'token'>): Promise<Response> {
  const token = await tokenOrRenewed()
  let response = await send({ ...message, token })
  if (response.status === 401 && response.headers.get(RELOGIN_REQUIRED) !== 'true') {
    response = await send({ ...message, token: await renewToken(token) })
  }
  if (response.status === 401) endSession('EXPIRED')
  return response
}

/** `path` with the parameters that have a value. */
export function withQuery(
  path: string,
  parameters: Record<string, string | number | undefined>,
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

/** A name for one attempt, so that a repeated POST has one effect. `crypto.randomUUID` is missing on plain HTTP. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
