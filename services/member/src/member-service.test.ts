import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
/** Resolves once requests are served: the overload guard may refuse them right after the start. */
async function start(revocations?: InProcessRevocations): Promise<RunningService> {
  const service = await startMemberService(
    { ...readMemberConfigOrThrow(environment()), PORT: 0 },
    revocations === undefined ? {} : { revocations },
  )
  await eventually('the service accepts requests', async () => {
    const { status } = await ask(clientAt(service.url), { url: '/.well-known/jwks.json' })
    return status === 200
  })
  return service
}

const LOGIN = { email: 'a@example.com', password: PASSWORD }

/** Returns the bearer. */
async function logIn({ url }: RunningService): Promise<string> {
  const path = '/api/authentication/login'
  const { status, headers } = await ask(clientAt(url), { url: path, body: LOGIN })
  expect(status).toBe(200)
  return headers.get('authorization') ?? ''
}
const use = ({ url }: RunningService, bearer: string) =>
  ask(clientAt(url), { as: bearer, url: '/api/members' })
const post = ({ url }: RunningService, bearer: string, path: string) =>
  ask(clientAt(url), { as: bearer, method: 'POST', url: path })

test('member-svc starts with production settings, delivers its events, and closes its connections', async () => {
  const service = await start()
  expect((await fetch(`${service.url}/healthz/ready`)).status).toBe(200)
  const account = { ...LOGIN, memberName: 'Ann', handle: 'ann_1' }
  const url = '/api/authentication/signup'
  expect((await ask(clientAt(service.url), { url, body: account })).status).toBe(201)
  await logIn(service)
  const types = await eventually(
    'both events are delivered',
    () =>
      delivered.flatMap(({ events }) => events.map(({ memberActivityType }) => memberActivityType)),
    ({ length }) => length >= 2,
  )
  expect(types).toEqual(['MEMBER_SIGNUP', 'MEMBER_LOGIN'])
  expect(delivered.every(({ token }) => token === SECRET)).toBe(true)
  expect(await openConnections()).toBeGreaterThan(0)
  await service.close()
  const [pending] = await database.sql`select count(*)::int as n from member.outbox_pending`
  expect(pending?.['n']).toBe(0)
  await eventually('every connection is closed', openConnections, (open) => open === 0)
})

async function openConnections(): Promise<number> {
  const [row] = await database.sql<[{ open: number }]>`
    select count(*)::int as open from pg_stat_activity
    where application_name = 'member-svc' and datname = current_database()`
  return row.open
}

test('a token revoked before a restart is refused after it, with shared and with own revocations', async () => {
  const first = await start(new InProcessRevocations())
  const [revoked, open] = [await logIn(first), await logIn(first)]
  expect((await use(first, revoked)).status).toBe(200)
  await post(first, revoked, '/api/authentication/logout')
  expect((await use(first, revoked)).body.code).toBe('MEMBER_UNAUTHORIZED')
  await first.close()
  for (const revocations of [new InProcessRevocations(), undefined]) {
    const next = await start(revocations)
    expect((await use(next, revoked)).body.code).toBe('MEMBER_UNAUTHORIZED')
    expect((await use(next, open)).status).toBe(200)
    await next.close()
  }
})

test('two instances share keys and sessions, and a token that one revokes is refused by the other', async () => {
  const [one, two] = [await start(), await start()]
  const bearer = await logIn(one)
  expect((await use(two, bearer)).status).toBe(200)
  await post(one, bearer, '/api/authentication/logout-all')
  const after = await Promise.all(Array.from({ length: 50 }, () => use(two, bearer)))
  expect(after.filter(({ status }) => status !== 401)).toEqual([])
  await Promise.all([one.close(), two.close()])
})

test('a wrong or missing setting is an error that names it', () => {
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
