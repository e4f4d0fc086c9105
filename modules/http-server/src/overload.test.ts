import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import type { OverloadOptions } from './overload.ts'

let app: HttpServer
let isLagging: boolean
afterEach(async () => {
  isLagging = false
  await app.close()
})

async function startServer(overload: OverloadOptions): Promise<string> {
  app = await createHttpServer({
    service: 'test',
    log: createLog('test', 'silent'),
    overload: { maxEventLoopDelay: 5, ...overload },
  })
  app.get('/', { config: { access: 'PUBLIC' } }, async () => 'answered')
  isLagging = true
  void lag()
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** Keeps the event loop late by some 40 ms. */
async function lag(): Promise<void> {
  while (isLagging) {
    const until = performance.now() + 40
    while (performance.now() < until);
    await setImmediate()
  }
}

test('while the event loop lags, requests are answered 503 with Retry-After', async () => {
  const url = await startServer({ startMilliseconds: 0 })
  let answer = await fetch(url)
  while (answer.status === 200) answer = await fetch(url)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await answer.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  isLagging = false
  while (answer.status === 503) answer = await fetch(url)
  expect(answer.status).toBe(200)
}, 120_000)

test('during its start a server sheds nothing, however late its event loop is', async () => {
  const url = await startServer({ startMilliseconds: 3_600_000 })
  while (!app.isUnderPressure()) await setImmediate()
  expect((await fetch(url)).status).toBe(200)
}, 120_000)
