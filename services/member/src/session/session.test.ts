import { ask } from '@dailyfeed/tests/http-client'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'
import { newRefreshToken } from './refresh-token.ts'

let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture()
})
afterAll(() => member.close())

const refresh = (cookie: string, headers: Record<string, string> = {}) =>
  ask(member.client, { method: 'POST', url: '/api/token/refresh', headers: { cookie, ...headers } })
const isAccepted = async (bearer: string) =>
  (await ask(member.client, { as: bearer, url: '/api/members' })).status === 200
/** As if the time in which two tabs may race were over. */
const endRace = () =>
  member.database
    .sql`update member.refresh_token set used_at = used_at - interval '11 seconds' where used_at is not null`

test('an access token is EdDSA, typed at+jwt, lives 900 s, and names member and session', async () => {
  const { id, bearer } = await member.signUp()
  const token = bearer.slice(7)
  expect(decodeProtectedHeader(token)).toMatchObject({
    alg: 'EdDSA',
    typ: 'at+jwt',
    kid: expect.any(String),
  })
  const { exp = 0, iat = 0, ...claims } = decodeJwt(token)
  expect(claims).toMatchObject({
    id,
    sub: String(id),
    iss: 'dailyfeed-member-svc',
    aud: 'dailyfeed',
    sid: expect.any(String),
    jti: expect.any(String),
  })
  expect(exp - iat).toBe(900)
})

test('A8: the key set has public fields only, and the database holds no readable private key', async () => {
  const { body } = await ask(member.client, { url: '/.well-known/jwks.json' })
  expect(body.keys.length).toBeGreaterThan(0)
  for (const key of body.keys)
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  const [row] = await member.database
    .sql`select encode(private_key, 'escape') as text from member.jwt_key`
  expect(row?.['text']).not.toMatch(/PRIVATE KEY/)
})

test('A7: ten simultaneous rotations leave one primary key, and older tokens stay accepted', async () => {
  const { bearer } = await member.signUp()
  await member.database.sql`update member.jwt_key set created_at = created_at - interval '1 hour'`
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(Array.from({ length: 10 }, () => member.keys.rotate()))
    await member.database.sql`update member.jwt_key set created_at = created_at - interval '1 hour'`
    const states = await member.database
      .sql`select state, count(*)::int as n from member.jwt_key group by state`
    expect(states.find(({ state }) => state === 'PRIMARY')?.['n']).toBe(1)
  }
  expect(await isAccepted(bearer)).toBe(true)
  expect((await member.logIn(await member.signUp())).bearer).toMatch(/^Bearer /)
})

test('B1, B2: a refresh token used twice revokes its session at once, and no other', async () => {
  const account = await member.signUp()
  const other = await member.logIn(account)
  const first = await refresh(account.cookie)
  expect([first.status, first.body.data]).toEqual([200, true])
  expect(first.cookie).not.toBe(account.cookie)
  await endRace()
  const reused = await refresh(account.cookie)
  expect([reused.status, reused.body.code, reused.headers.get('x-relogin-required')]).toEqual([
    401,
    'MEMBER_UNAUTHORIZED',
    'true',
  ])
  expect((await refresh(first.cookie ?? '')).status).toBe(401)
  expect(await isAccepted(account.bearer)).toBe(false)
  expect(await isAccepted(String(first.headers.get('authorization')))).toBe(false)
  expect(await isAccepted(other.bearer)).toBe(true)
  expect((await refresh(other.cookie)).status).toBe(200)
})

test('B3: twenty simultaneous refreshes get the same successor and leave one unused token', async () => {
  const account = await member.signUp()
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(account.cookie)))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
  const [row] = await member.database.sql`
    select count(*)::int as n from member.refresh_token join member.session on session.id = session_id where member_id = ${account.id} and used_at is null`
  expect(row?.['n']).toBe(1)
})

test('B4: a used token is accepted again only while its successor is unused', async () => {
  const account = await member.signUp()
  const first = await refresh(account.cookie)
  await refresh(first.cookie ?? '')
  expect((await refresh(account.cookie)).status).toBe(401)
})

test('B5: a session ends after 30 days without use, and after 90 days of use', async () => {
  const idle = await member.signUp()
  await member.database
    .sql`update member.refresh_token set expires_at = now() - interval '1 second' where session_id in (select id from member.session where member_id = ${idle.id})`
  expect((await refresh(idle.cookie)).status).toBe(401)
  const old = await member.signUp()
  await member.database
    .sql`update member.session set expires_at = now() - interval '1 second' where member_id = ${old.id}`
  expect((await refresh(old.cookie)).status).toBe(401)
  const [row] = await member.database
    .sql`select extract(day from max(expires_at - created_at))::int as days from member.session where member_id = ${(await member.signUp()).id}`
  expect(row?.['days']).toBe(90)
})

test('B6: the database holds no readable refresh token', async () => {
  const { cookie } = await member.signUp()
  const value = cookie.split('=')[1] ?? ''
  expect(value.length).toBeGreaterThanOrEqual(43)
  const [row] = await member.database
    .sql`select count(*)::int as n from member.refresh_token t where t::text like ${`%${value}%`}`
  expect(row?.['n']).toBe(0)
})

test('B7: the cookie is HttpOnly and SameSite=Strict, __Host- and Secure over HTTPS; logout clears it', async () => {
  const { email, bearer } = await member.signUp()
  const login = await ask(member.client, {
    url: '/api/authentication/login',
    body: { email, password: PASSWORD },
  })
  expect(login.headers.getSetCookie()[0]).toMatch(
    /^refresh_token=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const https = await memberFixture({ COOKIE_SECURE: 'true' })
  const account = await https.signUp()
  const secure = await ask(https.client, {
    url: '/api/authentication/login',
    body: {
      email: account.email,
      password: PASSWORD,
    },
  })
  expect(secure.headers.getSetCookie()[0]).toMatch(
    /^__Host-refresh_token=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  expect(secure.headers.getSetCookie()[1]).toMatch(
    /^__Host-dailyfeed_browser=[\w.-]+; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  const plain = await ask(https.client, {
    method: 'POST',
    url: '/api/token/refresh',
    headers: { cookie: (secure.cookie ?? '').replace('__Host-', '') },
  })
  expect(plain.status).toBe(401)
  await https.close()
  const logout = await ask(member.client, {
    as: bearer,
    method: 'POST',
    url: '/api/authentication/logout',
  })
  expect(String(logout.headers.getSetCookie())).toMatch(
    /^refresh_token=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/,
  )
})

test.each([
  ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a foreign Origin', { origin: 'https://evil.example' }, 403],
  ['Origin: null', { origin: 'null' }, 403],
  ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }, 200],
  [
    'a frontend of CORS_ORIGINS',
    { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
    200,
  ],
  ['neither, as a server-side proxy', {}, 200],
])('B8: a refresh with %s is %s', async (_name, headers, status) => {
  const { cookie } = await member.signUp()
  const answer = await refresh(cookie, { ...headers })
  expect(answer.status).toBe(status)
  if (status === 403) {
    expect(answer.body.code).toBe('CROSS_SITE_REQUEST_REFUSED')
    expect((await refresh(cookie)).status).toBe(200)
  }
})

test('B9: logout ends access and refresh at once, can be repeated, and needs only the cookie', async () => {
  const account = await member.signUp()
  expect(
    (
      await ask(member.client, {
        as: account.bearer,
        method: 'POST',
        url: '/api/authentication/logout',
      })
    ).body.data,
  ).toBe(true)
  expect(await isAccepted(account.bearer)).toBe(false)
  expect((await refresh(account.cookie)).status).toBe(401)
  expect(
    (
      await ask(member.client, {
        as: account.bearer,
        method: 'POST',
        url: '/api/authentication/logout',
      })
    ).status,
  ).toBe(200)
  expect(
    (await ask(member.client, { method: 'POST', url: '/api/authentication/logout' })).status,
  ).toBe(200)
  const byCookie = await member.signUp()
  await ask(member.client, {
    method: 'POST',
    url: '/api/authentication/logout',
    headers: { cookie: byCookie.cookie },
  })
  expect(await isAccepted(byCookie.bearer)).toBe(false)
})

test('B10: logout-all ends every session of the member and none of another member', async () => {
  const account = await member.signUp()
  const bystander = await member.signUp()
  const devices = [
    account,
    ...(await Promise.all(Array.from({ length: 4 }, () => member.logIn(account)))),
  ]
  await ask(member.client, {
    as: account.bearer,
    method: 'POST',
    url: '/api/authentication/logout-all',
  })
  for (const { bearer, cookie } of devices) {
    expect(await isAccepted(bearer)).toBe(false)
    expect((await refresh(cookie)).status).toBe(401)
  }
  expect(await isAccepted(bystander.bearer)).toBe(true)
})

test('B13: a login with another member’s cookie opens its own session and leaves the other open', async () => {
  const [one, two] = [await member.signUp(), await member.signUp()]
  const login = await ask(member.client, {
    url: '/api/authentication/login',
    body: { email: two.email, password: PASSWORD },
    headers: { cookie: one.cookie },
  })
  expect(decodeJwt(String(login.headers.get('authorization')).slice(7))['id']).toBe(two.id)
  expect((await refresh(one.cookie)).status).toBe(200)
})

test('sessions are listed with the current one marked; only an own session can be ended', async () => {
  const account = await member.signUp()
  const second = await member.logIn(account)
  const { body } = await ask(member.client, {
    as: account.bearer,
    url: '/api/authentication/sessions',
  })
  expect(body.data).toHaveLength(2)
  const other = body.data.find(({ current }: { current: boolean }) => !current)
  const stranger = await member.signUp()
  expect(
    (
      await ask(member.client, {
        as: stranger.bearer,
        method: 'DELETE',
        url: `/api/authentication/sessions/${other.id}`,
      })
    ).body.code,
  ).toBe('SESSION_NOT_FOUND')
  expect(
    (
      await ask(member.client, {
        as: account.bearer,
        method: 'DELETE',
        url: `/api/authentication/sessions/${other.id}`,
      })
    ).body.data,
  ).toBe(true)
  expect(await isAccepted(second.bearer)).toBe(false)
  expect(await isAccepted(account.bearer)).toBe(true)
})

test('a refresh with a missing or unknown token is 401 with X-Relogin-Required', async () => {
  for (const cookie of [
    '',
    'refresh_token=',
    'refresh_token=nonsense',
    `refresh_token=${'x'.repeat(5_000)}`,
  ]) {
    const { status, body, headers } = await refresh(cookie)
    expect([status, body.code, headers.get('x-relogin-required')]).toEqual([
      401,
      'MEMBER_UNAUTHORIZED',
      'true',
    ])
    expect(headers.get('x-token-refresh-needed')).toBeNull()
  }
})

test('simultaneous logouts of several devices and a logout everywhere all succeed', async () => {
  for (let round = 0; round < 8; round += 1) {
    const account = await member.signUp()
    const devices = await Promise.all(Array.from({ length: 4 }, () => member.logIn(account)))
    const answers = await Promise.all([
      ...devices.map(({ bearer }) =>
        ask(member.client, { as: bearer, method: 'POST', url: '/api/authentication/logout' }),
      ),
      ask(member.client, {
        as: account.bearer,
        method: 'POST',
        url: '/api/authentication/logout-all',
      }),
    ])
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200))
    for (const { bearer } of devices) expect(await isAccepted(bearer)).toBe(false)
  }
})

test('a login that races a password change opens no session that outlives the change', async () => {
  const account = await member.signUp()
  const [changed, ...logins] = await Promise.all([
    ask(member.client, {
      as: account.bearer,
      method: 'PUT',
      url: '/api/members/password',
      body: { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
    }),
    ...Array.from({ length: 6 }, () =>
      ask(member.client, {
        url: '/api/authentication/login',
        body: { email: account.email, password: PASSWORD },
      }),
    ),
  ])
  expect(changed?.status).toBe(200)
  for (const { status, headers } of logins)
    if (status === 200) expect(await isAccepted(String(headers.get('authorization')))).toBe(false)
})

test('a logout with an expired token ends its session, one with a forged token does not', async () => {
  const short = await memberFixture({ ACCESS_TOKEN_TTL_SECONDS: '5' })
  const account = await short.signUp()
  const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000)
  try {
    expect((await ask(short.client, { as: account.bearer, url: '/api/members' })).body.code).toBe(
      'JWT_EXPIRED',
    )
    const [header, , signature] = account.bearer.split('.')
    const forged = `${header}.${Buffer.from(JSON.stringify({ ...decodeJwt(account.bearer.slice(7)), jti: 'x' })).toString('base64url')}.${signature}`
    expect(
      (await ask(short.client, { as: forged, method: 'POST', url: '/api/authentication/logout' }))
        .status,
    ).toBe(200)
    expect(
      (
        await ask(short.client, {
          method: 'POST',
          url: '/api/token/refresh',
          headers: { cookie: account.cookie },
        })
      ).status,
    ).toBe(200)
    expect(
      (
        await ask(short.client, {
          as: account.bearer,
          method: 'POST',
          url: '/api/authentication/logout',
        })
      ).status,
    ).toBe(200)
  } finally {
    later.mockRestore()
  }
  const [row] = await short.database
    .sql`select ended_at is not null as ended from member.session where member_id = ${account.id}`
  expect(row?.['ended']).toBe(true)
  await short.close()
})

test('a logout whose token cannot be checked is 503 and leaves the session open', async () => {
  const account = await member.signUp()
  const unavailable = vi.spyOn(member.revocations, 'isRevoked').mockImplementationOnce(() => {
    throw Object.assign(new Error('connection lost'), { code: 'CONNECTION_CLOSED' })
  })
  expect(
    (
      await ask(member.client, {
        as: account.bearer,
        method: 'POST',
        url: '/api/authentication/logout',
      })
    ).status,
  ).toBe(503)
  unavailable.mockRestore()
  expect(await isAccepted(account.bearer)).toBe(true)
})

test('B6: ten thousand refresh tokens are all different', async () => {
  expect(new Set(Array.from({ length: 10_000 }, newRefreshToken)).size).toBe(10_000)
})

test('refreshes that race a password change leave at most one unused token', async () => {
  for (let round = 0; round < 4; round += 1) {
    const account = await member.signUp()
    await Promise.all([
      ask(member.client, {
        as: account.bearer,
        method: 'PUT',
        url: '/api/members/password',
        body: { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
      }),
      ...Array.from({ length: 4 }, (_, n) =>
        new Promise((resolve) => setTimeout(resolve, 20 * n)).then(() => refresh(account.cookie)),
      ),
    ])
    const [row] = await member.database
      .sql`select count(*)::int as n from member.refresh_token where used_at is null and session_id in (select id from member.session where member_id = ${account.id} and ended_at is null)`
    expect(row?.['n']).toBeLessThanOrEqual(1)
  }
})
