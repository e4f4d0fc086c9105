import { expect, test } from 'vitest'
import { measurePausedCallee } from './paused-callee.ts'

test('a stopped callee costs its caller no memory and no other route an answer', async () => {
  const { healthy, paused, healed } = await measurePausedCallee({
    seconds: 2,
    rate: 200,
    otherRate: 50,
    readMilliseconds: 1_000,
  })
  expect(healthy.answered).toBeGreaterThan(0)
  expect(paused.answered, 'the callee was stopped').toBe(0)
  expect(paused.refused).toBe(400)
  expect(paused.otherFailed).toBe(0)
  expect(paused.memory / healthy.memory).toBeLessThanOrEqual(1.2)
  expect(healed.answered).toBeGreaterThan(0)
})
