import { currentLanguage } from '../language/language.ts'
import { Failure, type FieldError } from './failure.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Message {
  method: Method
  path: string
  /** An object is sent as JSON, a form as it is. */
  body?: object | undefined
  token?: string | undefined
  idempotencyKey?: string | undefined
  headers?: Record<string, string> | undefined
  signal?: AbortSignal | undefined
}

/** One request, without regard to the session. Throws a Failure of status 0 when no answer comes. */
export async function send({
  method,
  path,
  body,
  token,
  idempotencyKey,
  headers: extra,
  signal,
}: Message): Promise<Response> {
  const headers = new Headers({
    Accept: 'application/json',
    'Accept-Language': currentLanguage(),
    ...extra,
  })
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
  if (idempotencyKey !== undefined) headers.set('Idempotency-Key', idempotencyKey)
  const isForm = body instanceof FormData
  if (body !== undefined && !isForm) headers.set('Content-Type', 'application/json')
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    })
  } catch (error) {
    // Query cancels what nobody waits for any more; that is no failure to tell anybody of.
    if (signal?.aborted) throw error
    throw new Failure('UNREACHABLE', 0)
  }
}

/** `data` of the envelope. Throws the Failure that the envelope tells of. */
export async function dataOf<T>(response: Response): Promise<T> {
  let envelope: unknown
  try {
    envelope = await response.json()
  } catch {
    // A proxy's page or a cut connection instead of the envelope.
    throw new Failure('UNREADABLE', response.ok ? 502 : response.status)
  }
  if (response.ok) return (envelope as { data: T }).data
  const {
    code = 'UNKNOWN',
    message = '',
    errors = [],
  } = envelope as { code?: string; message?: string; errors?: FieldError[] }
  throw new Failure(code, response.status, message, errors)
}
