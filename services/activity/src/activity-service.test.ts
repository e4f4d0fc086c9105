import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { type KeySetServer, startKeySetServer } from '@dailyfeed/tests/key-set-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startActivityService } from './activity-service.ts'
import { readActivityConfigOrThrow } from './config.ts'

let database: TestDatabase
let keySet: KeySetServer

beforeAll(async () => {
  database = await testDatabase()
  keySet = await startKeySetServer()
})
afterAll(async () => {
  await keySet.stop()
  await database.drop()
})

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: database.urlOf('activity'),
  LOG_LEVEL: 'silent',
  INTERNAL_CALLERS: `content:${'0'.repeat(64)}`,
  CURSOR_KEY: 'x'.repeat(32),
  DATA_DIR: '/nonexistent',
  NODE_ENV: 'production',
  ...more,
})

const countConnections = async () =>
  (
    await database.sql`
      select from pg_stat_activity
      where application_name = 'activity-svc' and datname = current_database()`
  ).length

test('activity-svc starts with its own login, becomes ready, and closes all connections at its stop', async () => {
  const service = await startActivityService({
    ...readActivityConfigOrThrow(environment({ JWKS_URL: keySet.url })),
    PORT: 0,
  })
  const client = clientAt(service.url)
  await service.untilReady()
  expect((await ask(client, { url: '/healthz/ready' })).status).toBe(200)
  const body = { events: [] }
  const refused = await ask(client, { url: '/internal/member-activity-events', body })
  expect(refused.status).toBe(401)
  expect(await countConnections()).toBeGreaterThan(0)
  await service.close()
  await eventually('all connections are closed', countConnections, (open) => open === 0)
})

test('a missing setting is refused in one line that names it', () => {
  expect(() => readActivityConfigOrThrow(environment({ DATABASE_URL: '' }))).toThrow(
    'DATABASE_URL is not set',
  )
  expect(() => readActivityConfigOrThrow(environment({ CURSOR_KEY: '' }))).toThrow(
    'CURSOR_KEY is not set',
  )
  expect(() => readActivityConfigOrThrow(environment({ INTERNAL_CALLERS: '' }))).toThrow(
    'INTERNAL_CALLERS is not set',
  )
  expect(readActivityConfigOrThrow(environment()).PORT).toBe(8086)
})
