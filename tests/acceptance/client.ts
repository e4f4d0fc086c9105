import { inject } from 'vitest'
import { ask, clientAt, type HttpClient } from '../http-client.ts'

/** A member who has signed up and logged in: a client whose requests carry its token. */
export interface Member extends HttpClient {
  id: number
  handle: string
  email: string
  password: string
  /** The value of its `Authorization` header. */
  bearer: string
  /** `name=value` of its refresh cookie. */
  cookie: string
}

export const PASSWORD = 'correct horse battery staple'
let members = 0

/** An anonymous client of the platform that all test files of a run share. */
export const gateway = (): HttpClient => clientAt(inject('platformUrl'))

/** Signs a new member up and logs in, as a client would. */
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
  const client = clientAt(url)
  const signup = await ask(client, { url: '/api/authentication/signup', body: account })
  if (signup.status !== 201)
    throw new Error(`sign-up answered ${signup.status}: ${JSON.stringify(signup.body)}`)
  const { email, password } = account
  const credentials = { email, password }
  const login = await ask(client, { url: '/api/authentication/login', body: credentials })
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
    send: ({ headers, ...request }) =>
      client.send({ ...request, headers: { authorization: bearer, ...headers } }),
  }
}
