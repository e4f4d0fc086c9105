import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { passwordProblem } from './account-rules.ts'
import { type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'

let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture()
})
afterAll(() => member.close())

const signup = (fields: Record<string, unknown>) =>
  ask(member.client, {
    url: '/api/authentication/signup',
    body: {
      email: 'new@example.com',
      password: PASSWORD,
      memberName: '새 회원',
      handle: 'new_member',
      ...fields,
    },
    headers: { 'accept-language': 'en' },
  })
const login = (email: string, password: string) =>
  ask(member.client, { url: '/api/authentication/login', body: { email, password } })

test('sign-up answers 201 with id and name, and treats optional blanks as absent', async () => {
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

test('C1: long passwords, spaces and emoji are accepted, and NFC and NFD spell the same password', async () => {
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

test('C3: hashes are argon2id with 19 MiB and two passes, each with its own salt', async () => {
  const rows = await member.database.sql`select password_hash from member.member`
  for (const { password_hash } of rows)
    expect(password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(new Set(rows.map(({ password_hash }) => password_hash)).size).toBe(rows.length)
})

test('C5: an unknown e-mail address, a wrong password and a withdrawn account get the same answer', async () => {
  const gone = await member.signUp()
  await ask(member.client, {
    as: gone.bearer,
    method: 'DELETE',
    url: '/api/authentication/deactivate',
    body: { password: PASSWORD },
  })
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

test('C10: fifty simultaneous sign-ups with one e-mail address in any case create one member', async () => {
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
}, 300_000)

test('C10: an e-mail address is the same address in NFC and in NFD', async () => {
  expect((await signup({ email: 'jos\u00e9@example.com', handle: 'jose_1' })).status).toBe(201)
  expect((await signup({ email: 'jose\u0301@example.com', handle: 'jose_2' })).body.code).toBe(
    'MEMBER_ALREADY_EXISTS',
  )
  expect((await login('jose\u0301@example.com', PASSWORD)).status).toBe(200)
})

test('C2: the 3,000 most used passwords and the product’s name are refused with a reason', async () => {
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
  const { status, body } = await ask(member.client, {
    url: '/api/authentication/signup',
    body: {
      email: 'c2@example.com',
      password: 'iloveyou',
      memberName: '이름',
      handle: 'c2_name',
    },
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
  const changed = await ask(member.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: change,
  })
  expect([changed.status, changed.body.errors[0].field]).toEqual([400, 'newPassword'])
})

test('C9: each login, failure, logout and password change logs one line without any secret', async () => {
  const lines: object[] = []
  const note = vi
    .spyOn(member.log, 'info')
    .mockImplementation((...line: unknown[]) => void lines.push(line[0] as object))
  const account = await member.signUp()
  await login(account.email, 'a wrong password')
  await ask(member.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: 'not it', newPassword: 'a brand new secret' },
  })
  await ask(member.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
  })
  await ask(member.client, {
    as: account.bearer,
    method: 'POST',
    url: '/api/authentication/logout',
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
    'a wrong password',
    account.email,
    account.bearer.slice(7),
    account.cookie.split('=')[1] ?? '',
  ])
    expect(text).not.toContain(secret)
})

test('B11: a password change needs the current password and ends the other sessions', async () => {
  const account = await member.signUp()
  const other = await member.logIn(account)
  const wrong = await ask(member.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: 'not it', newPassword: 'a brand new secret' },
  })
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  const changed = await ask(member.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: PASSWORD, newPassword: 'a brand new secret' },
  })
  expect(changed.status).toBe(200)
  expect((await ask(member.client, { as: other.bearer, url: '/api/members' })).status).toBe(401)
  expect(
    (
      await ask(member.client, {
        method: 'POST',
        url: '/api/token/refresh',
        headers: { cookie: changed.cookie ?? '' },
      })
    ).status,
  ).toBe(200)
  expect((await login(account.email, PASSWORD)).status).toBe(401)
  expect((await login(account.email, 'a brand new secret')).status).toBe(200)
})

test('a withdrawal needs the password and hides the member at once; a login restores the account', async () => {
  const [leaving, staying] = [await member.signUp(), await member.signUp()]
  const wrong = await ask(member.client, {
    as: leaving.bearer,
    method: 'DELETE',
    url: '/api/authentication/deactivate',
    body: { password: 'not it' },
  })
  expect([wrong.status, wrong.body.code]).toEqual([403, 'MEMBER_PASSWORD_INVALID'])
  expect(
    (
      await ask(member.client, {
        as: leaving.bearer,
        method: 'DELETE',
        url: '/api/authentication/deactivate',
        body: { password: PASSWORD },
      })
    ).body.data,
  ).toBe(true)
  expect((await ask(member.client, { as: leaving.bearer, url: '/api/members' })).status).toBe(401)
  expect(
    (
      await ask(member.client, {
        method: 'POST',
        url: '/api/token/refresh',
        headers: { cookie: leaving.cookie },
      })
    ).status,
  ).toBe(401)
  const seen = () =>
    ask(member.client, { as: staying.bearer, url: `/api/members/${leaving.id}/profile` })
  expect((await seen()).body.code).toBe('MEMBER_NOT_FOUND')
  expect((await signup({ email: leaving.email, handle: 'somebody_else' })).body.code).toBe(
    'MEMBER_ALREADY_EXISTS',
  )
  expect((await login(leaving.email, PASSWORD)).status).toBe(200)
  expect((await seen()).status).toBe(200)
})

test('events of an account have ascending versions', async () => {
  const account = await member.signUp()
  await ask(member.client, {
    as: account.bearer,
    method: 'POST',
    url: '/api/authentication/logout',
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
