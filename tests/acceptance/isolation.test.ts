import { afterAll, beforeAll, expect, test } from 'vitest'
import { type IsolationWorld, isolationRun, startIsolationWorld } from '../isolation/isolation.ts'

/** A small part of `npm run test:isolation`. */
let world: IsolationWorld

beforeAll(async () => {
  world = await startIsolationWorld({ readsYield: false })
})
afterAll(() => world?.stop())

test('while reads flood and timeline-svc is released anew, no write fails and no read does', async () => {
  const report = await isolationRun(world, {
    seconds: 6,
    restarts: 2,
    readers: 6,
    writesPerSecond: 10,
  })
  expect(report).toMatchObject({ failedWrites: [], failedReads: [], restarts: 2 })
  expect(report.writes).toBeGreaterThanOrEqual(120)
  expect(report.reads).toBeGreaterThan(100)
})
