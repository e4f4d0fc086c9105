import { ask, clientAt, type TestRequest } from '@dailyfeed/tests/http-client'

/** A member of the load. It sends one request at a time, so that its likes and follows are known. */
export interface LoadMember {
  id: number
  email: string
  password: string
  bearer: string
  /** The token of the session before, which the next login ends. */
  formerBearer: string | undefined
  likes: Set<number>
  follows: Set<number>
}

interface Acknowledgement {
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: each action knows the data of its own route
  data: any
}

const ANSWER_TIMEOUT_MS = 10_000

/** Throws unless the answer is 200 or 201. */
export async function requestOrThrow(
  baseUrl: string,
  request: TestRequest,
): Promise<Acknowledgement> {
  const client = clientAt(baseUrl, { timeoutMs: ANSWER_TIMEOUT_MS })
  const name = `${request.method ?? (request.body === undefined ? 'GET' : 'POST')} ${request.url}`
  const { status, headers, body, bytes } = await ask(client, request).catch((error) => {
    throw new Error(`${name} was not answered: ${error}`)
  })
  if (status !== 200 && status !== 201)
    throw new Error(`${name} answered ${status}: ${String(bytes).slice(0, 300)}`)
  return { headers, data: body.data }
}

/** Returns the `Authorization` header of a new session. */
export async function logIn(
  baseUrl: string,
  { email, password }: Pick<LoadMember, 'email' | 'password'>,
): Promise<string> {
  const { headers } = await requestOrThrow(baseUrl, {
    url: '/api/authentication/login',
    body: { email, password },
  })
  return headers.get('authorization') ?? ''
}

/** Starts a new session of the member, and ends the one before the current. */
export async function logInAgain(baseUrl: string, member: LoadMember): Promise<void> {
  if (member.formerBearer !== undefined)
    await requestOrThrow(baseUrl, {
      as: member.formerBearer,
      method: 'POST',
      url: '/api/authentication/logout',
    })
  member.formerBearer = member.bearer
  member.bearer = await logIn(baseUrl, member)
}
