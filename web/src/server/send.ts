import { currentLanguage } from '../language/language.ts'
import { Failure, type FieldError } from './failure.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface ServerRequest {
  method: Method
  path: string
  /** FormData is sent as it is, any other object as JSON. */
  body?: object | undefined
  token?: string | undefined
  idempotencyKey?: string | undefined
  headers?: Record<string, string> | undefined
  signal?: AbortSignal | undefined
}

/** Sends one request without regard to the session. Throws a Failure with status 0 when no response arrives. */
export async function send({
  method,
  path,
  body,
  token,
  idempotencyKey,
  headers: extraHeaders,
  signal,
}: ServerRequest): Promise<Response> {
  const headers = new Headers({
    Accept: 'application/json',
    'Accept-Language': currentLanguage(),
    ...extraHeaders,
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
    // The query library aborts requests whose result is no longer needed; that is not a failure.
    if (signal?.aborted) throw error
    throw new Failure('UNREACHABLE', 0)
  }
}

/** The envelope's `data`. Throws the Failure that the envelope describes. */
export async function dataOf<T>(response: Response): Promise<T> {
  let envelope: unknown
  try {
    envelope = await response.json()
  } catch {
    // A proxy's error page or a truncated body instead of the envelope.
    throw new Failure('UNREADABLE', response.ok ? 502 : response.status)
  }
  if (response.ok) return (envelope as { data: T }).data
  const {
    code = 'UNKNOWN',
    message = '',
    errors = [],
  } = envelope as { code?: string; message?: string; errors?: FieldError[] }
  throw new Failure(code, response.status, {
    message,
    fieldErrors: errors,
    language: currentLanguage(),
  })
}
