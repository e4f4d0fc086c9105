import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fromGateway, type MemberFixture, memberFixture, PASSWORD } from '../member-fixture.ts'

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

test('C6: of sixty simultaneous wrong passwords for one account ten are checked, from any address', async () => {
  const throttled = await memberFixture({ RATE_LIMIT: 'on' })
  const [account, other] = [await throttled.signUp(), await throttled.signUp()]
  const guess = (email: string, address: string) =>
    login(throttled, email, 'a wrong password', fromGateway(address))
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      guess(n % 2 === 0 ? account.email : account.email.toUpperCase(), `203.0.113.${n}`),
    ),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  expect(answers.filter(({ body }) => body.code === 'TOO_MANY_REQUEST')).toHaveLength(50)
  expect((await throttled.logIn(other)).bearer).toMatch(/^Bearer /)
  await throttled.close()
}, 300_000)

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
