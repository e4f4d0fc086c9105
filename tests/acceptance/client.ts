import { inject } from 'vitest'
import { eventually as awaitCondition } from '../eventually.ts'
import { type Answer, ask as send, clientAt, type Method } from '../http-client.ts'

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
    method: Method,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

export const PASSWORD = 'correct horse battery staple'
let members = 0

/** Asks the gateway as anybody. */
export const ask = (
  method: Method,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  url = inject('platformUrl'),
): Promise<Answer> => send(clientAt(url), { method, url: path, body, headers })

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
  const { email, password } = account
  const login = await ask('POST', '/api/authentication/login', { email, password }, {}, url)
  if (login.status !== 200)
    throw new Error(`login answered ${login.status}: ${JSON.stringify(login.body)}`)
  const bearer = login.headers.get('authorization') ?? ''
  return {
    id: signup.body.data.id,
    handle: account.handle,
    email,
    password,
    bearer,
    cookie: login.cookie ?? '',
    ask: (method, path, body, headers = {}) =>
      ask(method, path, body, { authorization: bearer, ...headers }, url),
  }
}

/** Until what is asked for holds: for what happens a moment after an answer. */
export const eventually = <Value>(read: () => Promise<Value>, timeoutMs = 60_000) =>
  awaitCondition('the condition holds', read, Boolean, { timeoutMs })
