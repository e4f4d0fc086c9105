import { openPool } from '@dailyfeed/postgres-support/pool'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import { DEADLINE } from '@dailyfeed/contract/headers'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'

let database: TestDatabase
let sql: ReturnType<typeof openPool>
const apps: HttpServer[] = []

beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('content'), max: 2, name: 'http-deadline' })
})
afterAll(async () => {
  for (const app of apps) await app.close()
  await sql.end({ timeout: 5 })
  await database.drop()
})

/** Starts a server with these routes. */
async function start(add: (app: HttpServer) => void) {
  const app = await createHttpServer({
    service: 'test',
    log: createLog('test', 'silent'),
    isTransientFault,
  })
  add(app)
  apps.push(app)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, client: clientAt(url) }
}

const config = { access: 'PUBLIC' as const }
const asks = (milliseconds: number | string) => ({ headers: { [DEADLINE]: String(milliseconds) } })

const runningStatements = async (): Promise<number> =>
  (
    await database.sql`
      select from pg_stat_activity
      where application_name = 'http-deadline' and state = 'active' and query like '%pg_sleep(60)%'`
  ).length

test.each(['GET', 'POST'] as const)(
  'a %s whose deadline passes is 503, and its statement is cancelled',
  async (method) => {
    const { client } = await start((app) => {
      app.route({
        method,
        url: '/slow',
        config,
        async handler() {
          await sql`select pg_sleep(60)`
          return {}
        },
      })
    })
    const body = method === 'POST' ? { a: 1 } : undefined
    const answer = ask(client, { method, url: '/slow', body, ...asks(400) })
    await expect.poll(runningStatements).toBe(1)
    const { status, headers, body: failure } = await answer
    expect([status, failure.code, headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '2',
    ])
    await expect.poll(runningStatements).toBe(0)
  },
)

test('a request that arrives after its deadline is 503 and not handled', async () => {
  let handled = 0
  const { client } = await start((app) => {
    app.get('/', { config }, async () => {
      handled += 1
      return {}
    })
  })
  expect((await ask(client, { url: '/', ...asks(0) })).status).toBe(503)
  expect(handled).toBe(0)
  expect((await ask(client, { url: '/', ...asks(5_000) })).status).toBe(200)
  expect(handled).toBe(1)
})

test.each(['', '-1', '1.5', 'soon', '1e3', '99999999999'])(
  'a deadline of "%s" is ignored',
  async (given) => {
    const { client } = await start((app) => {
      app.get('/', { config }, async () => ({}))
    })
    expect((await ask(client, { url: '/', ...asks(given) })).status).toBe(200)
  },
)

test('a call for a request passes on less than the request was given', async () => {
  const callee = await start((app) => {
    app.post('/given', { config }, async (request) => ({ given: request.headers[DEADLINE] }))
  })
  const calls = createServiceClient({ service: 'content', baseUrl: callee.url })
  const { client } = await start((app) => {
    app.addHook('onClose', () => calls.close())
    app.get('/through', { config }, async () => calls.post('/given', {}))
  })
  const given = async (headers = {}) =>
    Number((await ask(client, { url: '/through', headers })).body.given)
  const passedOn = await given({ [DEADLINE]: '3000' })
  expect(passedOn).toBeGreaterThan(1_000)
  expect(passedOn).toBeLessThan(3_000)
  expect(await given()).toBe(10_000)
})
