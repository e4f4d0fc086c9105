import { randomBytes } from 'node:crypto'
import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { SCHEMA_OWNERS, type SchemaOwner } from '@dailyfeed/contract/services'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { freePort } from '@dailyfeed/platform/free-port'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { starters } from '@dailyfeed/platform/services'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../database.ts'
import { TEST_PASSWORD } from '../database-cluster.ts'
import { eventually } from '../eventually.ts'
import { ask, clientAt } from '../http-client.ts'
import { type KeySetServer, startKeySetServer } from '../key-set-server.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'

/** Each service is started while something that it needs is missing. */
let database: TestDatabase
let proxy: TcpProxy
let keySet: KeySetServer
const started: Promise<RunningService>[] = []

beforeAll(async () => {
  database = await testDatabase()
  proxy = await startTcpProxy({ port: Number(new URL(database.ownerUrl).port) })
  keySet = await startKeySetServer()
})
afterEach(async () => {
  keySet.setAvailable(true)
  proxy.open()
  for (const service of await Promise.all(started.splice(0))) await service.close()
})
afterAll(async () => {
  await keySet.stop()
  await proxy.stop()
  await database.drop()
})

interface Starting {
  url: string
  /** Resolves when the service has started. */
  running: Promise<RunningService>
}

/** Starts a service as in a process of its own, over the proxy. */
async function start(
  service: SchemaOwner,
  changeUrl: (url: URL) => void = () => {},
): Promise<Starting> {
  const port = await freePort()
  const databaseUrl = new URL(database.urlOf(service))
  databaseUrl.port = String(proxy.port)
  changeUrl(databaseUrl)
  const env = {
    PORT: String(port),
    LOG_LEVEL: 'silent',
    DATA_DIR: '/nonexistent',
    DATABASE_URL: databaseUrl.href,
    DATABASE_POOL_MAX: '4',
    JWKS_URL: keySet.url,
    INTERNAL_TOKEN: 'x'.repeat(32),
    INTERNAL_CALLERS: `batch:${'0'.repeat(64)}`,
    CURSOR_KEY: 'x'.repeat(32),
    JWT_KEY_ENCRYPTION_KEY: 'x'.repeat(32),
    REFRESH_TOKEN_KEY: 'x'.repeat(32),
  }
  const options = { revocations: new InProcessRevocations(), writes: new WriteSignal() }
  const running = starters[service](env, options)
  started.push(running)
  return { url: `http://127.0.0.1:${port}`, running }
}

interface Probe {
  status: number
  components: Record<string, { state: string; detail?: string }>
}

/** Status 0 while nothing listens. */
async function probe(url: string): Promise<Probe> {
  try {
    const { status, body } = await ask(clientAt(url), { url: '/healthz/ready' })
    return { status, components: body.components }
  } catch {
    return { status: 0, components: {} }
  }
}

const untilReady = (url: string) =>
  eventually(
    `${url} is ready`,
    () => probe(url),
    ({ status }) => status === 200,
  )
const untilRefused = (url: string, component: string, detail: RegExp) =>
  eventually(
    `readiness of ${url} names ${component}: ${detail}`,
    () => probe(url),
    ({ status, components }) => status === 503 && detail.test(components[component]?.detail ?? ''),
  )

test.each(SCHEMA_OWNERS)(
  '%s-svc waits for PostgreSQL, live and unready, and then starts',
  async (service) => {
    proxy.close()
    const { url, running } = await start(service)
    await untilRefused(
      url,
      'database',
      /^PostgreSQL ends its connections|^PostgreSQL refuses connections/,
    )
    expect((await ask(clientAt(url), { url: '/healthz/live' })).status).toBe(200)
    const refused = await ask(clientAt(url), { url: '/api/posts/1' })
    expect([refused.status, refused.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
    proxy.open()
    await running
    expect((await untilReady(url)).components['database']).toMatchObject({ state: 'UP' })
  },
)

test('a service waits for the migrations of its release', async () => {
  const { sql } = database
  const removed = await sql<{ name: string }[]>`
    delete from public.migration where name like 'content/%' returning name`
  const names = removed.map(({ name }) => name).sort()
  const { url, running } = await start('content')
  await untilRefused(
    url,
    'database',
    /^the migration content\/.* of this release ha(?:s|ve) not run/,
  )
  const last = names.pop() ?? ''
  await sql`insert into public.migration (name) select unnest(${names}::text[])`
  await untilRefused(url, 'database', new RegExp(`^the migration ${last} of this release has not`))
  await sql`insert into public.migration (name) values (${last})`
  await running
  await untilReady(url)
})

test('a login that is refused is named, and the service starts when it is admitted', async () => {
  const role = `late_${randomBytes(4).toString('hex')}`
  const { url, running } = await start('image', (address) => {
    address.username = role
  })
  await untilRefused(url, 'database', /^PostgreSQL refuses the login: the password/)
  await database.sql.unsafe(
    `create role ${role} login password '${TEST_PASSWORD}' in role dailyfeed_image`,
  )
  try {
    const service = await running
    await untilReady(url)
    await service.close()
  } finally {
    await database.sql.unsafe(`drop role ${role}`)
  }
})

test('a database that does not exist is named, and the service starts when it is migrated', async () => {
  const name = `late_${randomBytes(4).toString('hex')}`
  const { url, running } = await start('batch', (address) => {
    address.pathname = `/${name}`
  })
  await untilRefused(url, 'database', /^the database that DATABASE_URL names does not exist/)
  await database.sql.unsafe(`create database ${name}`)
  try {
    await untilRefused(url, 'database', /of this release have not run yet$/)
    await migrate(new URL(`/${name}`, database.ownerUrl).href, SCHEMAS)
    const service = await running
    await untilReady(url)
    await service.close()
  } finally {
    await database.sql.unsafe(`drop database ${name} with (force)`)
  }
})

test('a service is unready until it has loaded the key set of member-svc once', async () => {
  keySet.setAvailable(false)
  const { url, running } = await start('content')
  await running
  await untilRefused(url, 'key-set', /^the key set of member-svc has not been loaded yet/)
  keySet.setAvailable(true)
  await untilReady(url)
  keySet.setAvailable(false)
  expect((await probe(url)).status).toBe(200)
})
