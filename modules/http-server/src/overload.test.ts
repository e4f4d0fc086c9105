import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { LoadGuard, type OverloadOptions } from './load-guard.ts'

const apps: HttpServer[] = []
let isLagging = false
afterEach(async () => {
  isLagging = false
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

async function startServer(overload: OverloadOptions, lines: string[] = []): Promise<string> {
  const app = await createHttpServer({
    service: 'test',
    log: pino({ level: 'warn' }, { write: (line) => void lines.push(line) }),
    loadGuard: new LoadGuard(overload),
  })
  apps.push(app)
  app.get('/', { config: { access: 'PUBLIC' } }, async () => 'answered')
  app.get('/login', { config: { access: 'PUBLIC', priority: 'FIRST' } }, async () => 'answered')
  app.get(
    '/any/*',
    {
      config: {
        access: 'PUBLIC',
        priority: ({ url }) => (url === '/any/login' ? 'FIRST' : undefined),
      },
    },
    async () => 'answered',
  )
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** Keeps the event loop late by some 400 ms. */
async function lag(): Promise<void> {
  isLagging = true
  while (isLagging) {
    const until = performance.now() + 400
    while (performance.now() < until);
    await setImmediate()
  }
}

const LAGS: OverloadOptions = { maxEventLoopDelay: 100 }

test('while the event loop lags, requests are answered 503 with Retry-After', async () => {
  const url = await startServer({ ...LAGS, startMilliseconds: 0 })
  void lag()
  let answer = await fetch(url)
  while (answer.status === 200) answer = await fetch(url)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  isLagging = false
  while (answer.status === 503) answer = await fetch(url)
  expect(answer.status).toBe(200)
}, 120_000)

test('while requests are refused, those of the first priority are answered', async () => {
  const url = await startServer({ ...LAGS, startMilliseconds: 0 })
  void lag()
  while ((await fetch(url)).status === 200);
  const statuses = await Promise.all(
    ['/any/post', '/', '/healthz/live', '/metrics', '/login', '/any/login'].map(
      async (path) => (await fetch(`${url}${path}`)).status,
    ),
  )
  expect(statuses).toEqual([503, 503, 200, 200, 200, 200])
}, 120_000)

test('during its start a server refuses nothing, however late its event loop is', async () => {
  const url = await startServer({ ...LAGS, startMilliseconds: 3_600_000 })
  const other = await startServer({ ...LAGS, startMilliseconds: 0 })
  void lag()
  // The other server shows that the loop is late enough.
  while ((await fetch(other)).status === 200);
  expect((await fetch(url)).status).toBe(200)
}, 120_000)

test('requests of an overload are counted by reason, and logged once for all', async () => {
  const lines: string[] = []
  const url = await startServer({ startMilliseconds: 0, maxWaiting: 0, turnMs: 0 }, lines)
  // All of them arrive in one turn of the event loop: one starts, and none may wait.
  const answers = await Promise.all(Array.from({ length: 20 }, () => apps[0]?.inject('/')))
  const statuses = answers.map((answer) => answer?.statusCode)
  expect(statuses.filter((status) => status === 503)).toHaveLength(19)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain(
    'http_server_requests_shed_total{reason="queue_full",service="test"} 19',
  )
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'QUEUE_FULL' }])
})
