import { setTimeout as sleep } from 'node:timers/promises'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { addressBlockOf } from '@dailyfeed/http-server/address-block'
import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readMemberConfigOrThrow } from '../config.ts'
import { fromGateway, type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'
import { type LoginThrottle, throttleOf } from './login-throttle.ts'

/*
 * Tests with many hashes have a generous time limit: hashing threads have a low priority, so that they
 * run fifty times as long beside other busy processes.
 */
let member: MemberFixture
beforeAll(async () => {
  member = await memberFixture()
})
afterAll(() => member.close())

const login = (
  { client }: MemberFixture,
  email: string,
  password: string,
  headers: Record<string, string> = {},
) => ask(client, { url: '/api/authentication/login', body: { email, password }, headers })

test('C6, C7: after ten failures a login is 429 with Retry-After, and open sessions continue', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const account = await throttled.signUp()
  const answers = []
  for (let n = 0; n < 12; n += 1)
    answers.push(await login(throttled, account.email, 'a wrong password'))
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429])
  expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask(throttled.client, { as: account.bearer, url: '/api/members' })).status).toBe(
    200,
  )
  await throttled.close()
}, 300_000)

test('C6: of sixty simultaneous wrong passwords from one block ten are checked, in any spelling', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const [account, other] = [await throttled.signUp(), await throttled.signUp()]
  const spellings = [
    account.email,
    account.email.toUpperCase(),
    account.email.replaceAll('i', 'İ'),
    account.email.replaceAll('m', 'M'),
  ]
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      login(
        throttled,
        spellings[n % spellings.length] ?? '',
        'a wrong password',
        fromGateway(`2001:db8:0:7::${n}`),
      ),
    ),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  expect(answers.filter(({ body }) => body.code === 'TOO_MANY_REQUEST')).toHaveLength(50)
  expect((await throttled.logIn(other)).bearer).toMatch(/^Bearer /)
  await throttled.close()
}, 300_000)

test('C6: the letter İ in an e-mail address names the same account as i, also in the throttle', async () => {
  const throttled = await memberFixture({
    RATE_LIMIT: 'on',
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '3',
  })
  const account = await throttled.signUp({ email: 'victim@mini.example', handle: 'victim_1' })
  for (let n = 0; n < 3; n += 1)
    expect((await login(throttled, account.email, 'a wrong password')).status).toBe(401)
  for (const email of ['victim@mini.example', 'vİctim@mini.example', 'VICTIM@mİnİ.example'])
    expect((await login(throttled, email, PASSWORD)).status, email).toBe(429)
  await throttled.close()
}, 300_000)

test('C6: guesses at one account are limited over all blocks', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on', LOGIN_FAILURES_PER_ACCOUNT: '6' })
  const account = await throttled.signUp()
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      login(throttled, account.email, 'a wrong password', fromGateway(`203.0.113.${n}`)),
    ),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(6)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(6)
  await throttled.close()
}, 300_000)

test('C7: guesses from one block neither lock the owner out elsewhere nor use up the account’s limit', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on', LOGIN_FAILURES_PER_ACCOUNT: '12' })
  const account = await throttled.signUp()
  const from = (address: string, password: string) =>
    login(throttled, account.email, password, fromGateway(address))
  for (let n = 0; n < 40; n += 1) await from('203.0.113.1', 'a wrong password')
  expect((await from('203.0.113.1', PASSWORD)).status).toBe(429)
  expect((await from('203.0.113.2', PASSWORD)).status).toBe(200)
  await throttled.close()
}, 300_000)

test('C7: a browser in which the owner has logged in is not locked out by others’ guesses', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on', LOGIN_FAILURES_PER_ACCOUNT: '12' })
  const account = await throttled.signUp()
  const at = fromGateway('203.0.113.1')
  const browserOf = async (password: string, headers: Record<string, string> = {}) => {
    const answer = await login(throttled, account.email, password, { ...at, ...headers })
    const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('dailyfeed_browser='))
    return { status: answer.status, cookie: cookie?.split(';', 1)[0] ?? '', attributes: cookie }
  }
  const first = await browserOf(PASSWORD)
  expect(first.attributes).toMatch(/HttpOnly/)
  for (let n = 0; n < 30; n += 1)
    await login(throttled, account.email, 'wrong guess', fromGateway(`203.0.113.${n % 3}`))
  expect((await browserOf(PASSWORD)).status).toBe(429)
  const second = await browserOf(PASSWORD, { cookie: first.cookie })
  expect(second.status).toBe(200)

  // Its own guesses are limited, too, and the cookie of one member is worth nothing for another.
  for (let n = 0; n < 10; n += 1)
    expect((await browserOf('a wrong password', { cookie: second.cookie })).status).toBe(401)
  expect((await browserOf(PASSWORD, { cookie: second.cookie })).status).toBe(429)
  const other = await throttled.signUp()
  for (let n = 0; n < 10; n += 1)
    await login(throttled, other.email, 'wrong', { ...at, cookie: second.cookie })
  const refused = await login(throttled, other.email, PASSWORD, { ...at, cookie: second.cookie })
  expect(refused.status).toBe(429)
  await throttled.close()
}, 300_000)

test('after a change of the password other browsers are unknown, and this one is known', async () => {
  const throttled = await memberFixture({
    RATE_LIMIT: 'on',
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '2',
  })
  const account = await throttled.signUp()
  const browserOf = (answer: Awaited<ReturnType<typeof login>>) =>
    answer.headers
      .getSetCookie()
      .find((one) => one.startsWith('dailyfeed_browser='))
      ?.split(';', 1)[0] ?? ''
  const old = browserOf(await login(throttled, account.email, PASSWORD))
  const changed = await ask(throttled.client, {
    as: account.bearer,
    method: 'PUT',
    url: '/api/members/password',
    body: { currentPassword: PASSWORD, newPassword: `another ${PASSWORD}` },
  })
  expect(changed.status).toBe(200)
  const present = browserOf(changed)
  for (let n = 0; n < 2; n += 1) await login(throttled, account.email, 'a wrong password')
  const attempt = async (cookie: string) =>
    (await login(throttled, account.email, `another ${PASSWORD}`, { cookie })).status
  expect([await attempt(old), await attempt(present)]).toEqual([429, 200])
  await throttled.close()
}, 300_000)

test('two processes of member-svc count failures together', async () => {
  const config = readMemberConfigOrThrow({
    DATABASE_URL: member.database.urlOf('member'),
    INTERNAL_TOKEN: 'a-secret-of-at-least-32-characters',
    INTERNAL_CALLERS: '',
    RATE_LIMIT: 'on',
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '4',
  })
  const throttles = [throttleOf(member.sql, config), throttleOf(member.sql, config)]
  const client = {
    address: '203.0.113.77',
    block: addressBlockOf('203.0.113.77'),
    isHttps: false,
    host: '',
    isTrustedFrontend: false,
  }
  let checked = 0
  const guess = (throttle: LoginThrottle) =>
    throttle
      .attempt({ account: 'member 4711', client }, async () => {
        checked += 1
        throw new DailyfeedError('LOGIN_FAILED')
      })
      .catch((error) => error.code)
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => throttles.map(guess)).flat())
  expect(checked).toBe(4)
  expect(outcomes.filter((code) => code === 'TOO_MANY_REQUEST')).toHaveLength(16)
})

test('C6: one password tried on many accounts is limited by address; only the gateway may name it', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const spray = (n: number, headers: Record<string, string>) =>
    login(throttled, `victim${n}@example.com`, 'Spring2026!', headers)
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
}, 300_000)

test('correct logins and checks that failed for another reason do not count as failures', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const account = await throttled.signUp()
  const logins = await Promise.all(Array.from({ length: 30 }, () => throttled.logIn(account)))
  expect(logins.every(({ bearer }) => bearer.startsWith('Bearer '))).toBe(true)
  const unavailable = vi
    .spyOn(throttled.passwords, 'verify')
    .mockRejectedValue(Object.assign(new Error('unavailable'), { code: 'CONNECTION_CLOSED' }))
  for (let n = 0; n < 12; n += 1)
    expect((await login(throttled, account.email, PASSWORD)).status).toBe(503)
  unavailable.mockRestore()
  expect((await throttled.logIn(account)).bearer).toMatch(/^Bearer /)
  await throttled.close()
}, 300_000)

test('C5: sign-ups from one address are limited, with RateLimit headers', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const answers = []
  for (let n = 0; n < 301; n += 1)
    answers.push(
      await ask(throttled.client, {
        url: '/api/authentication/signup',
        body: {
          email: 'x@example.com',
          password: `x_y_z ${PASSWORD}`,
          memberName: 'X Y',
          handle: 'x_y_z',
        },
      }),
    )
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"signup";q=300;w=3600')
  expect(answers[299]?.status).toBe(400)
  expect([
    answers[300]?.status,
    answers[300]?.body.code,
    Number(answers[300]?.headers.get('retry-after')) > 0,
  ]).toEqual([429, 'TOO_MANY_REQUEST', true])
  await throttled.close()
})

test('C4: 250 simultaneous logins do not slow down reads; excess ones are 503', async () => {
  const account = await member.signUp()
  const startedAt = performance.now()
  const logins = Promise.all(
    Array.from({ length: 250 }, (_, n) => login(member, account.email, `wrong ${n}`)),
  )
  const waits: number[] = []
  let isOver = false
  void logins.then(() => {
    isOver = true
  })
  while (!isOver) {
    const readAt = performance.now()
    const read = await ask(member.client, { as: account.bearer, url: '/api/members/profile' })
    expect(read.status).toBe(200)
    waits.push(performance.now() - readAt)
    await sleep(5)
  }
  const total = performance.now() - startedAt
  const statuses = (await logins).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([401, 503]))
  // Some 200 hashes ran meanwhile, two at a time: reads that waited for hashes would take many times as long.
  const median = waits.sort((a, b) => a - b)[Math.floor(waits.length / 2)]
  expect(waits.length).toBeGreaterThan(20)
  expect(median).toBeLessThan(total / 50)
}, 300_000)

test('C4: a password of a megabyte is refused without being hashed', async () => {
  const account = await member.signUp()
  const verify = vi.spyOn(member.passwords, 'verify')
  try {
    const huge = await login(member, account.email, 'x'.repeat(1_000_000))
    expect([400, 413]).toContain(huge.status)
    expect(verify).not.toHaveBeenCalled()
    expect((await login(member, account.email, 'wrong')).status).toBe(401)
    expect(verify).toHaveBeenCalledOnce()
  } finally {
    verify.mockRestore()
  }
})
