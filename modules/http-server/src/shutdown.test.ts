import { Agent, request } from 'node:http'
import { eventually } from '@dailyfeed/tests/eventually'
import { afterEach, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { listen, type RunningService } from './running-service.ts'
import { shutdownTimesOf } from './shutdown.ts'

let app: HttpServer
let service: RunningService
/** Lets the requests to /slow be answered. */
let release: () => void
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
afterEach(async () => {
  release()
  await app.close()
})

async function serve(delaySeconds: number, timeoutSeconds = 60): Promise<void> {
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  app = await createHttpServer({ service: 'test', log: createLog('test', 'silent') })
  app.get('/', { config: { access: 'PUBLIC' } }, async () => 'answered')
  app.get('/slow', { config: { access: 'PUBLIC' } }, async () => {
    await released
    return 'answered'
  })
  const config = {
    HOST: '127.0.0.1',
    PORT: 0,
    SHUTDOWN_DELAY_SECONDS: delaySeconds,
    SHUTDOWN_TIMEOUT_SECONDS: timeoutSeconds,
  }
  service = await listen({ name: 'test', app, config })
}

interface Answer {
  status: number | undefined
  connection: string | undefined
  text: string
}

/** Requests of one agent use one connection as long as the server keeps it. */
const get = (path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(`${service.url}${path}`, { agent }, async (response) =>
      resolve({
        status: response.statusCode,
        connection: response.headers.connection,
        text: Buffer.concat(await response.toArray()).toString(),
      }),
    )
      .once('error', reject)
      .end()
  })

test('during the delay a service is unready, answers requests, and keeps no connection', async () => {
  await serve(3_600)
  expect(await get('/')).toMatchObject({ status: 200, connection: 'keep-alive' })
  void service.close()
  const ready = await get('/healthz/ready')
  expect(ready.status).toBe(503)
  expect(JSON.parse(ready.text).components.shutdown).toMatchObject({ state: 'DOWN' })
  // The first answer above was sent on the kept connection and retired it; this is a new one.
  expect(await get('/')).toMatchObject({ status: 200, connection: 'close' })
})

test('after the delay a service refuses connections', async () => {
  await serve(1)
  expect(await get('/')).toMatchObject({ status: 200 })
  await service.close()
  await expect(get('/')).rejects.toThrow()
})

test('a request in progress is answered before the service closes', async () => {
  await serve(0)
  const answer = get('/slow')
  await eventually('the request has arrived', async () => (await connections()) === 1)
  const closed = service.close()
  await eventually('the server stops to listen', () => !app.server.listening)
  release()
  expect(await answer).toMatchObject({ status: 200, text: 'answered' })
  await closed
})

const connections = () =>
  new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)))

test('a request that never ends is cut off, so that everything else is released in time', async () => {
  await serve(0, 1)
  const answer = get('/slow')
  const refused = expect(answer).rejects.toThrow()
  await eventually('the request has arrived', async () => (await connections()) === 1)
  await service.close()
  await refused
})

test('the delay is 5 s in Kubernetes and 0 elsewhere, unless it is set', () => {
  const delayOf = (config: Parameters<typeof shutdownTimesOf>[0]) => shutdownTimesOf(config).delay
  expect(delayOf({})).toBe(0)
  expect(delayOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBe(5_000)
  expect(delayOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1', SHUTDOWN_DELAY_SECONDS: 0 })).toBe(0)
  expect(delayOf({ SHUTDOWN_DELAY_SECONDS: 7 })).toBe(7_000)
  expect(shutdownTimesOf({ SHUTDOWN_DELAY_SECONDS: 7, SHUTDOWN_TIMEOUT_SECONDS: 4 }).total).toBe(
    11_000,
  )
})
