/**
 * The one way in which tests send HTTP requests, to an application in the same process and over the
 * network alike:
 *
 *     const client = clientOf(app, tokens.bearerOf)     // a Fastify application, without a network
 *     const client = clientAt('http://127.0.0.1:8080')  // any address, by `fetch`
 *
 *     const { status, body } = await ask(client, { as: minji, url: '/api/timeline/posts' })
 *     await ask(client, { as: minji, url: '/api/posts', body: { content: 'hello' } })
 *     await ask(client, { as: minji, method: 'DELETE', url: '/api/posts/7' })
 *     await ask(client, { url: '/api/token/refresh', method: 'POST', headers: { cookie } })
 *
 * `as` is a member's id, where the client was given `bearerOf`, or a whole `Authorization` header.
 * The method is POST where a body is sent and GET otherwise, unless the request names another.
 */
export interface HttpClient {
  send(request: EncodedRequest): Promise<RawAnswer>
  bearerOf?: BearerOf | undefined
}

export interface TestRequest {
  url: string
  method?: Method | undefined
  /** A member's id, or the value of the `Authorization` header. */
  as?: number | string | undefined
  /** Sent as it is where it is a string, bytes or a form, and as JSON otherwise. */
  body?: unknown
  headers?: Record<string, string> | undefined
}

export interface Answer {
  status: number
  /** Parsed where the answer is JSON, the text otherwise. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any part of any answer
  body: any
  headers: Headers
  /** `name=value` of the first cookie that the answer sets. */
  cookie: string | undefined
  bytes: Buffer
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
type BearerOf = (memberId: number) => Promise<string>

interface EncodedRequest {
  method: Method
  url: string
  headers: Record<string, string>
  payload: Buffer | undefined
}

interface RawAnswer {
  status: number
  headers: Headers
  bytes: Buffer
}

/** The part of a Fastify application that a client needs. */
interface InjectableApp {
  inject(request: EncodedRequest | Omit<EncodedRequest, 'payload'>): Promise<{
    statusCode: number
    headers: Record<string, number | string | string[] | undefined>
    rawPayload: Buffer
  }>
}

/** A client of an application in this process: routes, hooks and schemas run, but no network does. */
export const clientOf = (app: InjectableApp, bearerOf?: BearerOf): HttpClient => ({
  bearerOf,
  async send({ payload, ...request }) {
    const answer = await app.inject(payload === undefined ? request : { ...request, payload })
    const headers = new Headers()
    for (const [name, values] of Object.entries(answer.headers))
      for (const value of [values ?? []].flat()) headers.append(name, String(value))
    return { status: answer.statusCode, headers, bytes: answer.rawPayload }
  },
})

/**
 * A client of a server at an address such as `http://127.0.0.1:8080`. With `timeoutMs`, a request
 * without a whole answer by then fails.
 */
export const clientAt = (
  baseUrl: string,
  { bearerOf, timeoutMs }: { bearerOf?: BearerOf; timeoutMs?: number } = {},
): HttpClient => ({
  bearerOf,
  async send({ method, url, headers, payload }) {
    const body = payload === undefined ? null : new Uint8Array(payload)
    const signal = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs)
    const response = await fetch(baseUrl + url, { method, headers, body, signal })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, bytes }
  },
})

/** Sends one request and reads the whole answer; an answer of any status is returned. */
export async function ask(
  client: HttpClient,
  { as, url, body, headers = {}, method = body === undefined ? 'GET' : 'POST' }: TestRequest,
): Promise<Answer> {
  const encoded = await encodeBody(body)
  const request = {
    method,
    url,
    headers: { ...(await authorizationOf(client, as)), ...encoded.headers, ...headers },
    payload: encoded.payload,
  }
  const answer = await client.send(request)
  return {
    ...answer,
    body: decodeBody(answer),
    cookie: answer.headers.getSetCookie()[0]?.split(';', 1)[0],
  }
}

async function authorizationOf(
  { bearerOf }: HttpClient,
  as: TestRequest['as'],
): Promise<Record<string, string>> {
  if (as === undefined) return {}
  if (typeof as === 'string') return { authorization: as }
  if (bearerOf === undefined)
    throw new Error('this client was made without `bearerOf`, so `as` cannot be a member’s id')
  return { authorization: await bearerOf(as) }
}

async function encodeBody(
  body: unknown,
): Promise<Pick<EncodedRequest, 'payload'> & { headers: Record<string, string> }> {
  if (body === undefined) return { payload: undefined, headers: {} }
  if (typeof body === 'string' || body instanceof Uint8Array)
    return { payload: Buffer.from(body), headers: {} }
  if (!(body instanceof FormData))
    return {
      payload: Buffer.from(JSON.stringify(body)),
      headers: { 'content-type': 'application/json' },
    }
  // A Request chooses the boundary of the parts, and names it in its content type.
  const form = new Request('http://form.test', { method: 'POST', body })
  return {
    payload: Buffer.from(await form.arrayBuffer()),
    headers: { 'content-type': form.headers.get('content-type') ?? '' },
  }
}

function decodeBody({ headers, bytes }: RawAnswer): unknown {
  const text = bytes.toString()
  const isJson = /^application\/(?:[\w.]+\+)?json\b/.test(headers.get('content-type') ?? '')
  return isJson && text !== '' ? JSON.parse(text) : text
}
