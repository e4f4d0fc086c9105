import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { startBatchService } from './batch-service.ts'
import { readBatchConfigOrThrow } from './config.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

test('the service starts with its own login, is ready, and stops', async () => {
  const config = readBatchConfigOrThrow({
    DATABASE_URL: database.urlOf('batch'),
    PORT: String(await freePort()),
    LOG_LEVEL: 'silent',
    INTERNAL_TOKEN: 'the-token-of-batch-svc-in-tests-only',
    INTERNAL_CALLERS: '',
  })
  const service = await startBatchService(config)
  expect(service.name).toBe('batch-svc')
  expect((await fetch(`${service.url}/healthz/ready`)).status).toBe(200)
  expect((await fetch(`${service.url}/api/admin/jobs`)).status).toBe(401)
  await service.close()
})
