import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { passwordProblem } from './account-rules.ts'
import { fromGateway, type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'

let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture()
})
afterAll(() => member.close())

const signup = (fields: Record<string, unknown>) =>
  member.ask(
    'POST',
    '/api/authentication/signup',
    {
      email: 'new@example.com',
      password: PASSWORD,
      memberName: '새 회원',
      handle: 'new_member',
      ...fields,
    },
    { 'accept-language': 'en' },
  )
const login = (email: string, password: string) =>
  member.ask('POST', '/api/authentication/login', { email, password })

test('sign-up answers 201 with id and name; optional blanks are the same as absence', async () => {
  const { status, body } = await signup({
    email: 'first@example.com',
    handle: 'first_one',
    bio: '',
    birthDate: null,
    gender: '',
    avatarUrl: 'no-image',
    privacyLevel: '',
    unknown: 'ignored',
    role: 'ADMIN',
  })
  expect([status, body.data]).toEqual([201, { id: expect.any(Number), name: '새 회원' }])
  const [row] = await member.database
    .sql`select bio, birth_date, gender, avatar_url, privacy_level, role from member.member where id = ${body.data.id}`
  expect(row).toEqual({
    bio: null,
    birth_date: null,
    gender: null,
    avatar_url: null,
    privacy_level: 'PUBLIC',
    role: 'MEMBER',
  })
})

test.each([
  ['email', 'no address'],
  ['email', `${'x'.repeat(95)}@a.io`],
  ['password', 'short77'],
  ['password', 'x'.repeat(129)],
  ['password', 'my new_member password'],
  ['password', '안녕하세'.normalize('NFD')],
  ['memberName', 'x'],
  ['memberName', 'x'.repeat(31)],
  ['handle', 'ab'],
  ['handle', 'has space'],
  ['handle', '한글'],
  ['handle', 'x'.repeat(51)],
  ['displayName', 'x'.repeat(51)],
  ['bio', 'x'.repeat(501)],
  ['websiteUrl', 'javascript:alert(1)'],
  ['websiteUrl', 'ftp://x.io'],
  ['birthDate', '2999-01-01'],
  ['birthDate', '2001-02-30'],
  ['birthDate', '0000-01-01'],
  ['gender', 'X'],
  ['timezone', 'Mars/Olympus'],
  ['countryCode', 'Korea'],
  ['privacyLevel', 'SECRET'],
  ['avatarUrl', 'javascript:alert(1)'],
  ['avatarUrl', '/etc/passwd'],
  ['languageCode', 'x'],
])('sign-up refuses %s = %j and names it', async (field, value) => {
  const { status, body } = await signup({
    email: 'refused@example.com',
    handle: field === 'password' ? 'new_member' : 'refused',
    [field]: value,
  })
  expect([status, body.code, body.errors?.[0]?.field]).toEqual([400, 'VALIDATION_FAILED', field])
})

test('C1: 64 and 128 characters, spaces and emoji are good passwords, and NFC and NFD spell the same one', async () => {
  const passwords = ['x'.repeat(64), 'y'.repeat(128), '다람쥐 헌 쳇바퀴 🐿️', 'Zoë’s café crème']
  for (const [at, password] of passwords.entries()) {
    const email = `long${at}@example.com`
    expect(
      (await signup({ email, handle: `long_${at}`, password: password.normalize('NFC') })).status,
    ).toBe(201)
    expect((await login(email, password.normalize('NFD'))).status).toBe(200)
    expect((await login(email, `${password}!`)).status).toBe(401)
  }
})

test('C3: hashes are argon2id with 19 MiB and two passes, each with a salt of its own', async () => {
  const rows = await member.database.sql`select password_hash from member.member`
  for (const { password_hash } of rows)
    expect(password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(new Set(rows.map(({ password_hash }) => password_hash)).size).toBe(rows.length)
})

test('C5: an unknown e-mail address, a wrong password and a withdrawn account are answered alike', async () => {
  const gone = await member.signUp()
  await member.ask(
    'DELETE',
    '/api/authentication/deactivate',
    { password: PASSWORD },
    { authorization: gone.bearer },
  )
  await member.database
    .sql`update member.member set withdrawn_at = now() - interval '31 days' where id = ${gone.id}`
  const known = await member.signUp()
  const answers = [
    await login('nobody@example.com', PASSWORD),
    await login(known.email, 'wrong password'),
    await login(gone.email, PASSWORD),
  ]
  const shape = ({ status, body: { traceId: _, ...body }, headers }: (typeof answers)[number]) => ({
    status,
    body,
    headers: Object.keys(headers).sort(),
  })
  expect(answers.map(shape)).toEqual(Array(3).fill(shape(answers[0] as (typeof answers)[number])))
  expect(answers[0]?.body.code).toBe('LOGIN_FAILED')
})

test('C10: fifty sign-ups at once with one e-mail address in any case make one member; the others are 400', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      signup({ email: n % 2 === 0 ? 'race@example.com' : 'RACE@Example.com', handle: `race_${n}` }),
    ),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ body }) => body.code === 'MEMBER_ALREADY_EXISTS')).toHaveLength(49)
  const handles = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      signup({ email: `racer${n}@example.com`, handle: n % 2 === 0 ? 'one_handle' : 'One_Handle' }),
    ),
  )
  expect(handles.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(handles.filter(({ body }) => body.code === 'MEMBER_HANDLE_ALREADY_EXISTS')).toHaveLength(
    19,
  )
})

test('C10: an e-mail address is one, however its letters were composed', async () => {
  expect((await signup({ email: 'jos\u00e9@example.com', handle: 'jose_1' })).status).toBe(201)
  expect((await signup({ email: 'jose\u0301@example.com', handle: 'jose_2' })).body.code).toBe(
    'MEMBER_ALREADY_EXISTS',
  )
  expect((await login('jose\u0301@example.com', PASSWORD)).status).toBe(200)
})

test('C6, C7: after ten failures an account is 429 with Retry-After, while its living session goes on', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const account = await throttled.signUp()
  const answers = []
  for (let n = 0; n < 12; n += 1)
    answers.push(
      await throttled.ask('POST', '/api/authentication/login', {
        email: account.email,
        password: 'a wrong guess',
      }),
    )
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429])
  expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0)
  expect(
    (await throttled.ask('GET', '/api/members', undefined, { authorization: account.bearer }))
      .status,
  ).toBe(200)
  await throttled.close()
})

test('C2: the 3,000 most used passwords that are long enough, the product’s name and what is known of the owner are refused with a reason', async () => {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const common = (dictionary['passwords-common'] as string[])
    .slice(0, 3_000)
    .filter((one) => [...one].length >= 8)
  expect(common.length).toBeGreaterThan(200)
  const refused = [...common, 'ＰＡＳＳＷＯＲＤ１', 'Sunshine', 'dailyfeed2026!', 'Daily.Feed']
  for (const password of refused)
    expect([
      password,
      (await passwordProblem(password, 'somebody', 'who@example.com'))?.field,
    ]).toEqual([password, 'password'])
  const { status, body } = await member.ask('POST', '/api/authentication/signup', {
    email: 'c2@example.com',
    password: 'iloveyou',
    memberName: '이름',
    handle: 'c2_name',
  })
  expect([status, body.errors]).toEqual([
    400,
    [
      {
        field: 'password',
        message: '많이 쓰여 쉽게 알아낼 수 있는 비밀번호입니다. 다른 비밀번호를 골라 주세요.',
      },
    ],
  ])
  const account = await member.signUp()
  const change = { currentPassword: PASSWORD, newPassword: 'Password1' }
  const changed = await member.ask('PUT', '/api/members/password', change, {
    authorization: account.bearer,
  })
  expect([changed.status, changed.body.errors[0].field]).toEqual([400, 'newPassword'])
})

test('C6: sixty guesses at one account at once are judged no more often than ten, from however many addresses; others log in meanwhile', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const [account, other] = [await throttled.signUp(), await throttled.signUp()]
  const guess = (email: string, address: string) =>
    throttled.ask(
      'POST',
      '/api/authentication/login',
      { email, password: 'a wrong guess' },
      fromGateway(address),
    )
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      guess(n % 2 === 0 ? account.email : account.email.toUpperCase(), `203.0.113.${n}`),
    ),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  expect(answers.filter(({ body }) => body.code === 'TOO_MANY_REQUEST')).toHaveLength(50)
  expect((await throttled.logIn(other)).bearer).toMatch(/^Bearer /)
  await throttled.close()
})

test('C6: one password tried on many accounts from one address is limited, and X-Forwarded-For of anybody but the gateway is no other address', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const spray = (n: number, headers: Record<string, string>) =>
    throttled.ask(
      'POST',
      '/api/authentication/login',
      { email: `victim${n}@example.com`, password: 'Spring2026!' },
      headers,
    )
  const answers = await Promise.all(
    Array.from({ length: 130 }, (_, n) => spray(n, { 'x-forwarded-for': `198.51.100.${n}` })),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(100)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
  expect((await spray(1, fromGateway('192.0.2.7'))).status).toBe(401)
  expect(
    (await spray(1, { ...fromGateway('127.0.0.1'), 'x-trusted-frontend': 'true' })).status,
  ).toBe(401)
  await throttled.close()
})

test('right logins use nothing up, and what could not be judged is no failure', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const account = await throttled.signUp()
  const logins = await Promise.all(Array.from({ length: 30 }, () => throttled.logIn(account)))
  expect(logins.every(({ bearer }) => bearer.startsWith('Bearer '))).toBe(true)
  const away = vi
    .spyOn(throttled.passwords, 'verify')
    .mockRejectedValue(Object.assign(new Error('away'), { code: 'CONNECTION_CLOSED' }))
  for (let n = 0; n < 12; n += 1)
    expect(
      (
        await throttled.ask('POST', '/api/authentication/login', {
          email: account.email,
          password: PASSWORD,
        })
      ).status,
    ).toBe(503)
  away.mockRestore()
  expect((await throttled.logIn(account)).bearer).toMatch(/^Bearer /)
  await throttled.close()
})

test('C5: sign-ups from one address are limited, and say so in RateLimit headers', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const answers = []
  for (let n = 0; n < 301; n += 1)
    answers.push(
      await throttled.ask('POST', '/api/authentication/signup', {
        email: 'x@example.com',
        password: `x_y_z ${PASSWORD}`,
        memberName: 'X Y',
        handle: 'x_y_z',
      }),
    )
  expect(answers[0]?.headers['ratelimit-policy']).toBe('"signup";q=300;w=3600')
  expect(answers[299]?.status).toBe(400)
  expect([
    answers[300]?.status,
    answers[300]?.body.code,
    Number(answers[300]?.headers['retry-after']) > 0,
  ]).toEqual([429, 'TOO_MANY_REQUEST', true])
  await throttled.close()
})

test('C9: each login, failure, logout and change of password is one line in the log, without any secret', async () => {
  const lines: object[] = []
  const note = vi
    .spyOn(member.app.log, 'info')
    .mockImplementation((...line: unknown[]) => void lines.push(line[0] as object))
  const account = await member.signUp()
  await login(account.email, 'a wrong guess')
  await member.ask(
    'PUT',
    '/api/members/password',
    { currentPassword: 'not it', newPassword: 'a brand new secret' },
    { authorization: account.bearer },
  )
  await member.ask(
    'PUT',
    '/api/members/password',
    { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
    { authorization: account.bearer },
  )
  await member.ask('POST', '/api/authentication/logout', undefined, {
    authorization: account.bearer,
  })
  note.mockRestore()
  expect(lines.map((line) => (line as { security?: string }).security)).toEqual([
    'SIGNED_UP',
    'LOGGED_IN',
    'LOGIN_FAILED',
    'PASSWORD_REFUSED',
    'PASSWORD_CHANGED',
    'LOGGED_OUT',
  ])
  const text = JSON.stringify(lines)
  for (const secret of [
    PASSWORD,
    'a brand new secret',
    'a wrong guess',
    account.email,
    account.bearer.slice(7),
    account.cookie.split('=')[1] ?? '',
  ])
    expect(text).not.toContain(secret)
})

test('B11: a change of password needs the current one, ends the other sessions, and this one goes on', async () => {
  const account = await member.signUp()
  const other = await member.logIn(account)
  const wrong = await member.ask(
    'PUT',
    '/api/members/password',
    { currentPassword: 'not it', newPassword: 'a brand new secret' },
    { authorization: account.bearer },
  )
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  const changed = await member.ask(
    'PUT',
    '/api/members/password',
    { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
    { authorization: account.bearer },
  )
  expect(changed.status).toBe(200)
  expect(
    (await member.ask('GET', '/api/members', undefined, { authorization: other.bearer })).status,
  ).toBe(401)
  expect(
    (await member.ask('POST', '/api/token/refresh', undefined, { cookie: changed.cookie ?? '' }))
      .status,
  ).toBe(200)
  expect((await login(account.email, PASSWORD)).status).toBe(401)
  expect((await login(account.email, 'a brand new secret')).status).toBe(200)
})

test('a withdrawal asks for the password, hides the member at once, and a login within 30 days brings them back; a refresh does not', async () => {
  const [leaving, staying] = [await member.signUp(), await member.signUp()]
  const wrong = await member.ask(
    'DELETE',
    '/api/authentication/deactivate',
    { password: 'not it' },
    { authorization: leaving.bearer },
  )
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  expect(
    (
      await member.ask(
        'DELETE',
        '/api/authentication/deactivate',
        { password: PASSWORD },
        { authorization: leaving.bearer },
      )
    ).body.data,
  ).toBe(true)
  expect(
    (await member.ask('GET', '/api/members', undefined, { authorization: leaving.bearer })).status,
  ).toBe(401)
  expect(
    (await member.ask('POST', '/api/token/refresh', undefined, { cookie: leaving.cookie })).status,
  ).toBe(401)
  const seen = () =>
    member.ask('GET', `/api/members/${leaving.id}/profile`, undefined, {
      authorization: staying.bearer,
    })
  expect((await seen()).body.code).toBe('MEMBER_NOT_FOUND')
  expect((await signup({ email: leaving.email, handle: 'somebody_else' })).body.code).toBe(
    'MEMBER_ALREADY_EXISTS',
  )
  expect((await login(leaving.email, PASSWORD)).status).toBe(200)
  expect((await seen()).status).toBe(200)
})

test('what happened to an account is told as events of rising version', async () => {
  const account = await member.signUp()
  await member.ask('POST', '/api/authentication/logout', undefined, {
    authorization: account.bearer,
  })
  const events = await member.database
    .sql`select activity_type, version from member.outbox where member_id = ${account.id} order by version`
  expect(events.map(({ activity_type }) => activity_type)).toEqual([
    'MEMBER_SIGNUP',
    'MEMBER_LOGIN',
    'MEMBER_LOGOUT',
  ])
  expect(new Set(events.map(({ version }) => version)).size).toBe(3)
})

test('C4: two hundred and fifty wrong logins at once hold up nobody who needs no hash; what cannot wait is 503, and a password of a megabyte is never hashed', async () => {
  const account = await member.signUp()
  const answers = Promise.all(
    Array.from({ length: 250 }, (_, n) =>
      member.ask('POST', '/api/authentication/login', {
        email: account.email,
        password: `wrong ${n}`,
      }),
    ),
  )
  const waits: number[] = []
  let isOver = false
  void answers.then(() => {
    isOver = true
  })
  while (!isOver) {
    const startedAt = performance.now()
    expect(
      (
        await member.ask('GET', '/api/members/profile', undefined, {
          authorization: account.bearer,
        })
      ).status,
    ).toBe(200)
    waits.push(performance.now() - startedAt)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const statuses = (await answers).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([401, 503]))
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0)
  expect(waits.length).toBeGreaterThan(20)
  waits.sort((a, b) => a - b)
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(100)
  const startedAt = performance.now()
  const huge = await member.ask('POST', '/api/authentication/login', {
    email: account.email,
    password: 'x'.repeat(1_000_000),
  })
  expect([400, 413]).toContain(huge.status)
  expect(performance.now() - startedAt).toBeLessThan(200)
}, 60_000)
