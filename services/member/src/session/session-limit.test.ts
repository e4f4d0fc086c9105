import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MemberFixture, memberFixture, PASSWORD, type TestMember } from '../member-fixture.ts'

let member: MemberFixture
let minji: TestMember

beforeAll(async () => {
  member = await memberFixture({ RATE_LIMIT: 'on', RATE_LIMIT_LOGIN_PER_MEMBER: '4' })
  minji = await member.signUp()
})
afterAll(() => member.close())

const refresh = (cookie: string) =>
  ask(member.client, { method: 'POST', url: '/api/authentication/refresh', headers: { cookie } })
const logIn = ({ email }: TestMember) =>
  ask(member.client, { url: '/api/authentication/login', body: { email, password: PASSWORD } })

test('refreshes and logins of one member are limited together, and of others they are not', async () => {
  const statuses = []
  let { cookie } = minji
  for (let n = 0; n < 3; n += 1) {
    const answer = await refresh(cookie)
    statuses.push(answer.status)
    cookie = answer.cookie ?? ''
  }
  const [refused, login] = [await refresh(cookie), await logIn(minji)]
  expect([...statuses, refused.status, login.status]).toEqual([200, 200, 200, 429, 429])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await member.signUp()).bearer).toMatch(/^Bearer /)

  // The refused refresh has used up nothing: its token is still the newest of the session.
  const [row] = await member.sql<[{ unused: number }]>`
    select count(*)::int as unused from member.refresh_token
    join member.session on session.id = session_id
    where member_id = ${minji.id} and used_at is null`
  expect(row.unused).toBe(1)
})
