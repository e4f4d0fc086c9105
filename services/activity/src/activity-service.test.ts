import { setTimeout as sleep } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startActivityService } from './activity-service.ts'
import { readActivityConfigOrThrow } from './config.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATABASE_URL: database.urlOf('activity'),
  LOG_LEVEL: 'silent',
  INTERNAL_CALLERS: `content:${'0'.repeat(64)}`,
  CURSOR_KEY: 'x'.repeat(32),
  DATA_DIR: '/nonexistent',
  NODE_ENV: 'production',
  ...more,
})

test('activity-svc starts with its own login, says that it is ready, and stops with nothing left open', async () => {
  const service = await startActivityService({
    ...readActivityConfigOrThrow(environment()),
    PORT: 0,
  })
  expect((await fetch(`${service.url}/healthz/ready`)).status).toBe(200)
  expect(
    (
      await fetch(`${service.url}/internal/member-activity-events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"events":[]}',
      })
    ).status,
  ).toBe(401)
  await service.close()
  await sleep(100)
  const [row] =
    await database.sql`select count(*) as open from pg_stat_activity where application_name = 'activity-svc' and datname = current_database()`
  expect(row?.['open']).toBe(0)
})

test('a wrong or missing setting stops the start with one line that names it', () => {
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
