import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readMemberConfigOrThrow } from './config.ts'
import { startMemberService } from './member-service.ts'

const SECRET = 'a-secret-of-at-least-32-characters'
const PASSWORD = 'correct horse battery staple'
let database: TestDatabase
let activity: Server
const delivered: { token: unknown; events: MemberActivityEvent[] }[] = []

beforeAll(async () => {
  database = await testDatabase()
  activity = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    delivered.push({ token: request.headers['x-internal-token'], ...JSON.parse(body) })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => activity.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  activity.closeAllConnections()
  activity.close()
  await database.drop()
})

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: database.urlOf('member'),
  ACTIVITY_URL: `http://127.0.0.1:${(activity.address() as AddressInfo).port}`,
  LOG_LEVEL: 'silent',
  NODE_ENV: 'production',
  DATA_DIR: '/nonexistent',
  INTERNAL_TOKEN: SECRET,
  INTERNAL_CALLERS: `gateway:${'0'.repeat(64)}`,
  CURSOR_KEY: SECRET,
  JWT_KEY_ENCRYPTION_KEY: SECRET,
  REFRESH_TOKEN_KEY: SECRET,
  ...more,
})
const start = (revocations?: InProcessRevocations) =>
  startMemberService(
    { ...readMemberConfigOrThrow(environment()), PORT: 0 },
    revocations === undefined ? {} : { revocations },
  )

async function ask(
  url: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    bearer: answer.headers.get('authorization') ?? '',
    body: (await answer.json()) as { code?: string; data: unknown },
  }
}

test('member-svc starts in production with its own login, tells activity-svc of what happened, and stops with nothing left open', async () => {
  const service = await start()
  expect((await fetch(`${service.url}/healthz/ready`)).status).toBe(200)
  await ask(service.url, 'POST', '/api/authentication/signup', {
    email: 'a@example.com',
    password: PASSWORD,
    memberName: 'Ann',
    handle: 'ann_1',
  })
  await ask(service.url, 'POST', '/api/authentication/login', {
    email: 'a@example.com',
    password: PASSWORD,
  })
  await vi.waitFor(
    () =>
      expect(
        delivered.flatMap(({ events }) =>
          events.map(({ memberActivityType }) => memberActivityType),
        ),
      ).toEqual(['MEMBER_SIGNUP', 'MEMBER_LOGIN']),
    5_000,
  )
  expect(delivered.every(({ token }) => token === SECRET)).toBe(true)
  await service.close()
  const [pending] = await database.sql`select count(*)::int as n from member.outbox_pending`
  expect(pending?.['n']).toBe(0)
  await sleep(100)
  const [row] =
    await database.sql`select count(*)::int as open from pg_stat_activity where application_name = 'member-svc' and datname = current_database()`
  expect(row?.['open']).toBe(0)
})

test('a token revoked before a restart is refused after it, in one process and alone', async () => {
  const first = await start(new InProcessRevocations())
  const { bearer } = await ask(first.url, 'POST', '/api/authentication/login', {
    email: 'a@example.com',
    password: PASSWORD,
  })
  const living = await ask(first.url, 'POST', '/api/authentication/login', {
    email: 'a@example.com',
    password: PASSWORD,
  })
  expect(
    (await ask(first.url, 'GET', '/api/members', undefined, { authorization: bearer })).status,
  ).toBe(200)
  await ask(first.url, 'POST', '/api/authentication/logout', undefined, { authorization: bearer })
  expect(
    (await ask(first.url, 'GET', '/api/members', undefined, { authorization: bearer })).body.code,
  ).toBe('MEMBER_UNAUTHORIZED')
  await first.close()
  for (const revocations of [new InProcessRevocations(), undefined]) {
    const next = await start(revocations)
    expect(
      (await ask(next.url, 'GET', '/api/members', undefined, { authorization: bearer })).body.code,
    ).toBe('MEMBER_UNAUTHORIZED')
    expect(
      (await ask(next.url, 'GET', '/api/members', undefined, { authorization: living.bearer }))
        .status,
    ).toBe(200)
    await next.close()
  }
})

test('two instances beside each other: what one revokes the other refuses, and keys and refreshes are common', async () => {
  const [one, two] = [await start(), await start()]
  const { bearer } = await ask(one.url, 'POST', '/api/authentication/login', {
    email: 'a@example.com',
    password: PASSWORD,
  })
  expect(
    (await ask(two.url, 'GET', '/api/members', undefined, { authorization: bearer })).status,
  ).toBe(200)
  await ask(one.url, 'POST', '/api/authentication/logout-all', undefined, { authorization: bearer })
  const after = await Promise.all(
    Array.from({ length: 50 }, () =>
      ask(two.url, 'GET', '/api/members', undefined, { authorization: bearer }),
    ),
  )
  expect(after.filter(({ status }) => status !== 401)).toEqual([])
  await Promise.all([one.close(), two.close()])
})

test('a wrong or missing setting stops the start with one line that names it', () => {
  expect(() => readMemberConfigOrThrow(environment({ DATABASE_URL: '' }))).toThrow(
    'DATABASE_URL is not set',
  )
  for (const name of [
    'JWT_KEY_ENCRYPTION_KEY',
    'REFRESH_TOKEN_KEY',
    'CURSOR_KEY',
    'INTERNAL_TOKEN',
  ])
    expect(() => readMemberConfigOrThrow(environment({ [name]: '' }))).toThrow(`${name} is not set`)
  expect(() => readMemberConfigOrThrow(environment({ COOKIE_SECURE: 'maybe' }))).toThrow(
    "COOKIE_SECURE is 'maybe'; it must be auto or true or false",
  )
  expect(() => readMemberConfigOrThrow(environment({ REFRESH_TOKEN_KEY: 'short' }))).toThrow(
    'REFRESH_TOKEN_KEY is not acceptable; it must be text of at least 32 characters',
  )
  expect(readMemberConfigOrThrow(environment())).toMatchObject({
    PORT: 8084,
    JWT_KEY_GRACE_SECONDS: 960,
  })
})
