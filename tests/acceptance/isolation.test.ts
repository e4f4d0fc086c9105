import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type IsolationEnvironment,
  measureIsolation,
  startIsolationEnvironment,
} from '../isolation/isolation.ts'

/** A small part of `npm run test:isolation`. */
let environment: IsolationEnvironment

beforeAll(async () => {
  environment = await startIsolationEnvironment({ readsYield: false })
})
afterAll(() => environment?.stop())

test('no write and no read fails during a flood of reads and restarts of timeline-svc', async () => {
  const report = await measureIsolation(environment, {
    seconds: 6,
    restarts: 2,
    readers: 6,
    writesPerSecond: 10,
  })
  expect(report).toMatchObject({ failedWrites: [], failedReads: [], restarts: 2 })
  expect(report.writes).toBeGreaterThanOrEqual(120)
  expect(report.reads).toBeGreaterThan(0)
})
