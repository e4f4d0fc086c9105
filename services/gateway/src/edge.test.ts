import { createServer } from 'node:http'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { redisIsMissing, startTestRedis } from '@dailyfeed/tests/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readGatewayConfigOrThrow } from './config.ts'
import { sendRaw, startGateway, startUpstream, type Upstream } from './gateway-fixture.ts'
import { UPSTREAM_NAMES } from './upstreams.ts'

const SCRAPER = 'credential-of-the-scraper-of-40-characters'
let member: Upstream
let gateway: RunningService
const opened: RunningService[] = []

async function open(settings: Record<string, string> = {}): Promise<string> {
  const started = await startGateway({
    MEMBER_URL: member.url,
    CONTENT_URL: member.url,
    ...settings,
  })
  opened.push(started)
  return started.url
}

beforeAll(async () => {
  member = await startUpstream('member')
  gateway = await startGateway({
    MEMBER_URL: member.url,
    CONTENT_URL: member.url,
    INTERNAL_CALLERS: `prometheus:${hashOfToken(SCRAPER)}`,
  })
  opened.push(gateway)
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await member.app.close()
})

const preflight = (origin: string) =>
  fetch(`${gateway.url}/api/posts`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization',
    },
  })

test('CORS admits the configured origins with credentials and names what a page may read', async () => {
  const answer = await fetch(`${gateway.url}/api/posts/1`, {
    headers: { origin: 'http://localhost:3001' },
  })
  expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3001')
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  expect(answer.headers.get('access-control-expose-headers')).toBe(
    'Authorization, X-Token-Refresh-Needed, X-Relogin-Required, Retry-After, X-Request-Id',
  )
  expect(answer.headers.get('vary')).toBe('Origin')
})

test('the gateway answers preflight requests', async () => {
  const answer = await preflight('http://localhost:3000')
  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, DELETE')
  expect(answer.headers.get('access-control-allow-headers')).toBe('authorization')
})

test.each([
  'https://evil.example',
  'null',
  'http://localhost:3000.evil.example',
  'http://evillocalhost:3000',
  'https://localhost:3000',
  'http://localhost:30000',
])('CORS does not admit %s', async (origin) => {
  const answers = await Promise.all([
    preflight(origin),
    fetch(`${gateway.url}/api/posts/1`, { headers: { origin } }),
  ])
  for (const answer of answers) {
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('vary')).toContain('Origin')
  }
})

test('an admitted page can read a failure of the gateway itself', async () => {
  const answer = await fetch(`${gateway.url}/api/unknown`, {
    headers: { origin: 'http://localhost:3000' },
  })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
    404,
    'http://localhost:3000',
  ])
})

test('x-forwarded-* of a trusted frontend counts up to the last hop that is not one', async () => {
  const url = await open({ TRUSTED_FRONTENDS: '127.0.0.0/8, 10.1.0.0/16' })
  const clientOf = async (headers: Record<string, string>) =>
    ((await (await fetch(`${url}/api/posts/1`, { headers })).json()) as { client: unknown }).client
  expect(
    await clientOf({
      'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'feed.example',
    }),
  ).toEqual({
    address: '203.0.113.9',
    block: '203.0.113.9',
    isHttps: true,
    host: 'feed.example',
    isTrustedFrontend: false,
  })
  expect(await clientOf({})).toMatchObject({
    address: '127.0.0.1',
    isHttps: false,
    isTrustedFrontend: true,
  })
  expect(await clientOf({ 'x-forwarded-for': 'nonsense' })).toMatchObject({
    address: '127.0.0.1',
    isTrustedFrontend: true,
  })
})

test('above the limit of its address a client gets 429 with Retry-After, whatever it forwards', async () => {
  const url = await open({ RATE_LIMIT_PER_MINUTE: '3' })
  const ask = (n: number) =>
    fetch(`${url}/api/posts/${n}`, { headers: { 'x-forwarded-for': `9.9.9.${n}` } })
  const first = await ask(0)
  expect(first.headers.get('ratelimit-policy')).toBe('"edge";q=3;w=60')
  expect(first.headers.get('ratelimit')).toBe('"edge";r=2;t=60')
  await ask(1)
  await ask(2)
  const refused = await ask(3)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('ratelimit')).toMatch(/^"edge";r=0;t=\d+$/)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({
    statusCode: 429,
    resultCode: 'FAIL',
    code: 'TOO_MANY_REQUEST',
    path: '/api/posts/3',
  })
  expect((await fetch(`${url}/api/members/profile`)).status).toBe(200)
  expect((await fetch(`${url}/api/members/profile/`)).status).toBe(200)
  expect((await fetch(`${url}/api/members/profile`, { method: 'PUT' })).status).toBe(429)
  expect((await fetch(`${url}/healthz/live`)).status).toBe(200)
})

test('several X-Forwarded-For headers of a frontend are one list, whose last hop is the client', async () => {
  const url = await open({ TRUSTED_FRONTENDS: '127.0.0.1' })
  const answer = await sendRaw(
    url,
    'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: [2001:db8::9]:4711\r\n\r\n',
  )
  expect(answer).toContain('"address":"2001:db8::9"')
})

test('a trusted frontend is not limited, but the clients that it names are', async () => {
  const url = await open({ RATE_LIMIT_PER_MINUTE: '1', TRUSTED_FRONTENDS: '127.0.0.1' })
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${url}/api/posts/1`, { headers })).status
  expect([await ask({}), await ask({}), await ask({})]).toEqual([200, 200, 200])
  expect([
    await ask({ 'x-forwarded-for': '203.0.113.9' }),
    await ask({ 'x-forwarded-for': '203.0.113.9' }),
    await ask({ 'x-forwarded-for': '203.0.113.10' }),
  ]).toEqual([200, 429, 200])
  expect([
    await ask({ 'x-forwarded-for': '2001:db8:0:7::1' }),
    await ask({ 'x-forwarded-for': '2001:db8::7:0:0:0:2' }),
    await ask({ 'x-forwarded-for': '2001:db8:0:8::1' }),
  ]).toEqual([200, 429, 200])
})

test('reads of the own profile have a limit of their own', async () => {
  const url = await open({ RATE_LIMIT_PER_MINUTE: '1', RATE_LIMIT_PROFILE_PER_MINUTE: '3' })
  const statuses = []
  for (let n = 0; n < 4; n += 1) statuses.push((await fetch(`${url}/api/members/profile`)).status)
  const refused = await fetch(`${url}/api/members/profile`)
  expect([...statuses, refused.status]).toEqual([200, 200, 200, 429, 429])
  expect(refused.headers.get('ratelimit-policy')).toBe('"profile";q=3;w=60')
  expect((await fetch(`${url}/api/posts/1`)).status).toBe(200)
})

test.skipIf(await redisIsMissing())(
  'two gateways with one Redis count the requests of an address together',
  async () => {
    const redis = await startTestRedis()
    try {
      const settings = { REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE: '30' }
      const [one, other] = [await open(settings), await open(settings)]
      const ask = async (url: string) => (await fetch(`${url}/api/posts/1`)).status
      for (let n = 0; n < 30; n += 1) expect(await ask(one)).toBe(200)
      let requests = 0
      await eventually('the other gateway refuses the address', async () => {
        requests += 1
        return (await ask(other)) === 429
      })
      expect(requests).toBeLessThanOrEqual(30)
    } finally {
      await redis.stop()
    }
  },
)

test('RATE_LIMIT=off limits nobody', async () => {
  const url = await open({ RATE_LIMIT: 'off', RATE_LIMIT_PER_MINUTE: '1' })
  for (let n = 0; n < 3; n++) expect((await fetch(`${url}/api/posts/1`)).status).toBe(200)
})

test('metrics are 404 for everybody but internal callers', async () => {
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404)
  expect(
    (await fetch(`${gateway.url}/metrics`, { headers: { 'x-internal-token': 'wrong' } })).status,
  ).toBe(404)
  const answer = await fetch(`${gateway.url}/metrics`, { headers: { 'x-internal-token': SCRAPER } })
  expect(await answer.text()).toContain(
    'http_server_request_duration_seconds_count{service="gateway",method="GET",route="/api/*",status="200"}',
  )
})

test('readiness needs every service once, then tolerates and names one that is away', async () => {
  let isUp = false
  const late = createServer((_request, response) => response.writeHead(isUp ? 200 : 503).end('{}'))
  await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve))
  const all = Object.fromEntries(
    UPSTREAM_NAMES.map((name) => [`${name.toUpperCase()}_URL`, member.url]),
  )
  const url = await open({
    ...all,
    BATCH_URL: `http://127.0.0.1:${(late.address() as { port: number }).port}`,
  })
  expect((await fetch(`${url}/healthz/live`)).status).toBe(200)
  const ready = async (query = '') => {
    const { status, headers, body } = await ask(clientAt(url), { url: `/healthz/ready${query}` })
    return { status, retryAfter: headers.get('retry-after'), batch: body.components.batch }
  }
  const notReady = { required: true, detail: expect.stringMatching(/^batch-svc is not ready/) }
  expect(await ready()).toEqual({
    status: 503,
    retryAfter: '1',
    batch: { state: 'DOWN', ...notReady },
  })
  isUp = true
  await eventually('the gateway is ready', ready, ({ status }) => status === 200)
  isUp = false
  const tolerated = await eventually(
    'the service is away',
    ready,
    ({ batch }) => batch.state !== 'UP',
  )
  expect(tolerated).toMatchObject({ status: 200, batch: { state: 'FAILING', ...notReady } })
  late.close()
})

test('a service that stays away makes the gateway unready, except for probes that exclude it', async () => {
  let isUp = true
  const lost = createServer((_request, response) => response.writeHead(isUp ? 200 : 503).end('{}'))
  await new Promise<void>((resolve) => lost.listen(0, '127.0.0.1', resolve))
  const all = Object.fromEntries(
    UPSTREAM_NAMES.map((name) => [`${name.toUpperCase()}_URL`, member.url]),
  )
  const url = await open({
    ...all,
    IMAGE_URL: `http://127.0.0.1:${(lost.address() as { port: number }).port}`,
    READINESS_GRACE_SECONDS: '0',
  })
  const ready = (query = '') => ask(clientAt(url), { url: `/healthz/ready${query}` })
  const untilStatus = (status: number) =>
    eventually(`readiness is ${status}`, ready, (answer) => answer.status === status)
  await untilStatus(200)
  isUp = false
  const { body } = await untilStatus(503)
  expect(body.components.image).toMatchObject({ state: 'DOWN', required: true })
  expect(body.components.member).toEqual({ state: 'UP', required: true })
  expect((await ready('?exclude=image')).status).toBe(200)
  isUp = true
  await untilStatus(200)
  lost.close()
})

test.each(['TRACE', 'PROPFIND'])('%s is 405 with Allow, in the envelope', async (method) => {
  for (const path of ['/api/posts/1', '/api/unknown', '/']) {
    const answer = await sendRaw(
      gateway.url,
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 405 /)
    expect(answer).toContain('allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS')
    expect(answer).toContain('"code":"METHOD_NOT_ALLOWED"')
  }
})

test.each(['/api/posts/%zz', '/%zz', '/api/%'])(
  'an address that cannot be read, %s, is 400 in the envelope',
  async (path) => {
    const answer = await fetch(gateway.url + path)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      statusCode: 400,
      resultCode: 'FAIL',
      code: 'VALIDATION_FAILED',
      path,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  },
)

test.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['an unknown method', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['no Host', 'GET /api/posts/1 HTTP/1.1\r\n\r\n', 400],
  [
    'two lengths',
    'POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
    400,
  ],
  [
    'a length and chunks',
    'POST /api/posts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  [
    'chunked, identity',
    'POST /api/posts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['a folded header', 'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
  ['a space before the colon', 'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n', 400],
  [
    'a header of 20 kB',
    `GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    431,
  ],
])('%s is refused and the connection closed', async (_what, bytes, status) => {
  const answer = await sendRaw(gateway.url, bytes)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
})

test('a client that sends its headers too slowly gets 408', async () => {
  const answer = await sendRaw(gateway.url, 'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nA:')
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  expect(answer).toContain('"statusCode":408')
}, 20_000)

test('answers of the gateway itself have security headers and no server banner', async () => {
  for (const path of ['/api/unknown', '/api/timeline/posts', '/healthz/live', '/internal/x']) {
    const { headers } = await fetch(gateway.url + path)
    expect(headers.get('content-security-policy'), path).toBe(
      "default-src 'none';frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('strict-transport-security')).toContain('max-age=31536000')
    expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull()
  }
})

test.each([
  [
    { CORS_ORIGINS: '*' },
    "CORS_ORIGINS has '*'; each must be an origin such as https://feed.example",
  ],
  [
    { CORS_ORIGINS: 'https://feed.example/' },
    "CORS_ORIGINS has 'https://feed.example/'; each must be an origin such as https://feed.example",
  ],
  [
    { TRUSTED_FRONTENDS: '10.0.0.0/33' },
    "TRUSTED_FRONTENDS: '10.0.0.0/33' is neither an address nor a CIDR range; it must be addresses or CIDR ranges such as 10.0.0.0/8",
  ],
  [{ MEMBER_URL: 'member' }, "MEMBER_URL is 'member'; it must be base address of member-svc"],
])('a wrong setting %o stops the start with a line that names it', (env, line) => {
  expect(() => readGatewayConfigOrThrow({ INTERNAL_TOKEN: 'x'.repeat(32), ...env })).toThrow(line)
})
