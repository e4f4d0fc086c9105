import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import { ask, clientOf, type HttpClient } from '@dailyfeed/tests/http-client'
import { testTokens } from '@dailyfeed/tests/tokens'
import Type from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { createRateLimits } from './rate-limits.ts'

const SETTINGS = {
  RATE_LIMIT_WRITE_PER_MEMBER: '3',
  RATE_LIMIT_WRITE_PER_ADDRESS: '5',
  RATE_LIMIT_READ_PER_MEMBER: '4',
  RATE_LIMIT_READ_PER_ADDRESS: '4',
  RATE_LIMIT_SIGNUP_PER_ADDRESS: '2',
}
let app: HttpServer
let client: HttpClient
let member = 0

beforeAll(async () => {
  const tokens = await testTokens()
  const log = createLog('test', 'silent')
  const config = readConfigOrThrow(Type.Object(rateLimitSettings), SETTINGS)
  app = await createHttpServer({
    service: 'any',
    log,
    verifier: tokens.verifier,
    callers: `gateway:${hashOfToken('of the gateway')}`,
    limits: createRateLimits({ ...config, RATE_LIMIT: 'on' }, { service: 'any', log }),
  })
  let bodies = 0
  app.post('/api/posts', async ({ body }) => ({ body, bodies: ++bodies }))
  app.get('/api/posts', async () => ({}))
  app.get('/api/public', { config: { access: 'PUBLIC' } }, async () => ({}))
  app.post('/api/signup', { config: { access: 'PUBLIC', rateClass: 'signup' } }, async () => ({}))
  app.post('/internal/x', { config: { access: 'INTERNAL' } }, async () => ({}))
  client = clientOf(app, tokens.bearerOf)
})
afterAll(() => app.close())

let block = 0
/** Another address block for each test. */
const fromNewBlock = () => ({
  'x-internal-token': 'of the gateway',
  'x-forwarded-for': `203.0.113.${++block}`,
})
const write = (as: number, headers: Record<string, string>, body: object = {}) =>
  ask(client, { as, url: '/api/posts', body, headers })

test('a member beyond the limit of writes is 429 with Retry-After, and still reads', async () => {
  const [as, headers] = [++member, fromNewBlock()]
  const answers = []
  for (let n = 0; n < 4; n += 1) answers.push(await write(as, headers))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"write";q=3;w=60')
  expect(answers[0]?.headers.get('ratelimit')).toBe('"write";r=2;t=60')
  expect(answers[3]?.headers.get('ratelimit')).toMatch(/^"write";r=0;t=\d+$/)
  expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answers[3]?.body).toMatchObject({ code: 'TOO_MANY_REQUEST', statusCode: 429 })
  expect((await ask(client, { as, url: '/api/posts', headers })).status).toBe(200)
})

test('members of one block share its limit; what a member is refused does not use it up', async () => {
  const headers = fromNewBlock()
  const [flooding, quiet] = [++member, ++member]
  for (let n = 0; n < 20; n += 1) await write(flooding, headers)
  const answers = [await write(quiet, headers), await write(quiet, headers)]
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  const refused = await write(++member, headers)
  expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([
    429,
    '"write-address";q=5;w=60',
  ])
})

test('a refused write is not read: its body may be of any form', async () => {
  const [as, headers] = [++member, fromNewBlock()]
  for (let n = 0; n < 3; n += 1) await write(as, headers)
  const broken = await ask(client, {
    as,
    url: '/api/posts',
    body: '{',
    headers: { ...headers, 'content-type': 'application/json' },
  })
  expect(broken.status).toBe(429)
})

test('reads announce their quota once half of it is used, and are limited per member', async () => {
  const [as, headers] = [++member, fromNewBlock()]
  const answers = []
  for (let n = 0; n < 5; n += 1) answers.push(await ask(client, { as, url: '/api/posts', headers }))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429])
  expect(answers.map(({ headers: sent }) => sent.get('ratelimit-policy'))).toEqual([
    null,
    ...Array(4).fill('"read";q=4;w=60'),
  ])
})

test('requests without a member are limited by their block, and by no address within it', async () => {
  const token = { 'x-internal-token': 'of the gateway' }
  const from = (address: string, url: string) =>
    ask(client, {
      method: url === '/api/public' ? 'GET' : 'POST',
      url,
      headers: { ...token, 'x-forwarded-for': address },
    })
  const reads = []
  for (let n = 1; n <= 5; n += 1) reads.push(await from(`2001:db8:0:9::${n}`, '/api/public'))
  expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429])
  expect((await from('2001:db8:0:a::1', '/api/public')).status).toBe(200)
  const signups = []
  for (let n = 1; n <= 3; n += 1) signups.push(await from(`2001:db8:0:9::${n}`, '/api/signup'))
  expect(signups.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(signups[2]?.headers.get('ratelimit-policy')).toBe('"signup";q=2;w=3600')
})

test('a frontend that does not name its client is not limited by its own address', async () => {
  const headers = { ...fromNewBlock(), 'x-trusted-frontend': 'true' }
  const statuses = []
  for (let n = 0; n < 10; n += 1)
    statuses.push((await ask(client, { url: '/api/public', headers })).status)
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('internal routes and health are not limited, and refusals are counted in the metrics', async () => {
  const headers = fromNewBlock()
  for (let n = 0; n < 20; n += 1) {
    expect((await ask(client, { url: '/healthz/live' })).status).toBe(200)
    expect((await ask(client, { url: '/internal/x', method: 'POST', headers })).status).toBe(200)
  }
  const { body } = await ask(client, { url: '/metrics' })
  expect(body).toMatch(/rate_limit_refused_total\{policy="write",service="any"\} [1-9]/)
  expect(body).toMatch(/rate_limit_keys\{policy="write",service="any"\} [1-9]/)
})
