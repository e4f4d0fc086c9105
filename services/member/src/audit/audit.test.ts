import { openPool } from '@dailyfeed/postgres-support/pool'
import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromGateway, type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'

let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture()
})
afterAll(() => member.close())

const auditOf = async (bearer: string, query = '') =>
  (await ask(member.client, { as: bearer, url: `/api/authentication/audit${query}` })).body.data
const typesOf = async (bearer: string) =>
  (await auditOf(bearer)).content.map(({ type }: { type: string }) => type)
/** With the changed password. Returns the bearer. */
const logInAnew = async ({ email }: { email: string }) =>
  (await logIn(email, 'a new one, long enough')).headers.get('authorization') ?? ''
const logIn = (email: string, password: string, headers = {}) =>
  ask(member.client, { url: '/api/authentication/login', body: { email, password }, headers })

test('the audit lists sign-ups, sign-ins, failures and changes, newest first, with address and device', async () => {
  const account = await member.signUp()
  await logIn(account.email, 'not the password', {
    ...fromGateway('203.0.113.9'),
    'user-agent': 'a stranger’s',
  })
  const authorization = account.bearer
  await ask(member.client, {
    as: authorization,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: 'wrong', newPassword: 'a new one, long enough' },
  })
  await ask(member.client, {
    as: authorization,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: PASSWORD, newPassword: 'a new one, long enough' },
  })
  expect(await typesOf(authorization)).toEqual([
    'PASSWORD_CHANGED',
    'PASSWORD_REFUSED',
    'LOGIN_FAILED',
    'LOGGED_IN',
    'SIGNED_UP',
  ])
  expect((await auditOf(authorization)).content[2]).toMatchObject({
    type: 'LOGIN_FAILED',
    address: '203.0.113.9',
    userAgent: 'a stranger’s',
  })
  const second = await logInAnew(account)
  await ask(member.client, { as: second, method: 'POST', url: '/api/authentication/logout' })
  await ask(member.client, {
    as: authorization,
    method: 'POST',
    url: '/api/authentication/logout-all',
  })
  const third = await logInAnew(account)
  expect((await typesOf(third)).slice(0, 4)).toEqual([
    'LOGGED_IN',
    'LOGGED_OUT_EVERYWHERE',
    'LOGGED_OUT',
    'LOGGED_IN',
  ])
  await ask(member.client, {
    as: third,
    method: 'DELETE',
    url: '/api/authentication/deactivate',
    body: { password: 'a new one, long enough' },
  })
  const fourth = await logInAnew(account)
  expect((await typesOf(fourth)).slice(0, 3)).toEqual(['LOGGED_IN', 'RESTORED', 'WITHDRAWN'])
})

test('the audit is paged by cursor, and members read only their own', async () => {
  const [account, other] = [await member.signUp(), await member.signUp()]
  for (let n = 0; n < 4; n += 1) await member.logIn(account)
  const first = await auditOf(account.bearer, '?size=3')
  expect(first.content).toHaveLength(3)
  const rest = await auditOf(account.bearer, `?size=10&cursor=${first.nextCursor}`)
  expect(rest.content.map(({ type }: { type: string }) => type)).toEqual([
    'LOGGED_IN',
    'LOGGED_IN',
    'SIGNED_UP',
  ])
  expect(await typesOf(other.bearer)).toEqual(['LOGGED_IN', 'SIGNED_UP'])
  expect((await ask(member.client, { url: '/api/authentication/audit' })).status).toBe(401)
})

test('a role granted or revoked in the database is recorded in the audit', async () => {
  const account = await member.signUp()
  await member.database.sql`update member.member set role = 'ADMIN' where id = ${account.id}`
  await member.database
    .sql`update member.member set role = 'ADMIN', member_name = '같은 역할' where id = ${account.id}`
  await member.database.sql`update member.member set role = 'MEMBER' where id = ${account.id}`
  expect(await typesOf(account.bearer)).toEqual([
    'ADMIN_REVOKED',
    'ADMIN_GRANTED',
    'LOGGED_IN',
    'SIGNED_UP',
  ])
})

test('the service cannot change or delete an entry, except by retention and erasure', async () => {
  const account = await member.signUp()
  const sql = openPool({ url: member.database.urlOf('member'), max: 1, name: 'audit-test' })
  await expect(sql`update member.audit set type = 'LOGGED_OUT'`).rejects.toMatchObject({
    code: '42501',
  })
  await expect(sql`delete from member.audit`).rejects.toMatchObject({ code: '42501' })
  await expect(sql`select member.drop_old_audit(29)`).rejects.toThrow('30 days at least')
  await sql`select member.erase_audit(${account.id})`
  expect(await typesOf(account.bearer)).toHaveLength(2)
  await member.database
    .sql`update member.audit set occurred_at = now() - interval '366 days' where member_id = ${account.id} and type = 'SIGNED_UP'`
  await sql`select member.drop_old_audit(365)`
  expect(await typesOf(account.bearer)).toEqual(['LOGGED_IN'])
  await sql.end({ timeout: 1 })
})

test('no entry holds a password, token or e-mail address, also after a sign-in with an unknown address', async () => {
  await logIn('nobody.at.all@example.com', 'a very secret password')
  const rows = await member.database.sql`select audit::text as entry from member.audit as audit`
  expect(rows.length).toBeGreaterThan(5)
  expect(
    rows.filter(
      ({ entry }) =>
        /@example\.com|secret|password|Bearer|eyJ/i.test(String(entry)) &&
        !/PASSWORD_(CHANGED|REFUSED)/.test(String(entry)),
    ),
  ).toEqual([])
  expect(
    await member.database
      .sql`select from member.audit where member_id is null and type = 'LOGIN_FAILED'`,
  ).toHaveLength(1)
})
