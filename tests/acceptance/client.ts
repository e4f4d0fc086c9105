import { inject } from 'vitest'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a black-box test looks at any part of any answer
  body: any
  headers: Headers
}

export interface Member {
  id: number
  handle: string
  email: string
  password: string
  /** The value of its `Authorization` header. */
  bearer: string
  /** `name=value` of its refresh cookie. */
  cookie: string
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

export const PASSWORD = 'correct horse battery staple'
let members = 0

/** Asks the gateway as anybody. */
export async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  url = inject('platformUrl'),
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof FormData || body instanceof Uint8Array
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : isRaw ? (body as BodyInit) : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    body: isJson ? JSON.parse(text) : text,
    headers: response.headers,
  }
}

/** Signs somebody new up and logs in, as a client would. */
export async function newMember(
  fields: Record<string, unknown> = {},
  url = inject('platformUrl'),
): Promise<Member> {
  members += 1
  const handle = `m${members}_${Math.random().toString(36).slice(2, 10)}`
  const account = {
    email: `${handle}@example.com`,
    password: PASSWORD,
    memberName: `회원 ${members}`,
    handle,
    ...fields,
  }
  const signup = await ask('POST', '/api/authentication/signup', account, {}, url)
  if (signup.status !== 201)
    throw new Error(`sign-up answered ${signup.status}: ${JSON.stringify(signup.body)}`)
  const login = await ask(
    'POST',
    '/api/authentication/login',
    { email: account.email, password: account.password },
    {},
    url,
  )
  if (login.status !== 200)
    throw new Error(`login answered ${login.status}: ${JSON.stringify(login.body)}`)
  const bearer = login.headers.get('authorization') ?? ''
  const cookie = (login.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
  return {
    id: signup.body.data.id,
    handle: account.handle,
    email: account.email,
    password: account.password,
    bearer,
    cookie,
    ask: (method, path, body, headers = {}) =>
      ask(method, path, body, { authorization: bearer, ...headers }, url),
  }
}

/** Until what is asked for holds: for what happens a moment after an answer. */
export async function eventually<T>(
  look: () => Promise<T | undefined | false>,
  milliseconds = 10_000,
): Promise<T> {
  const end = Date.now() + milliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`it did not come to hold within ${milliseconds} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
