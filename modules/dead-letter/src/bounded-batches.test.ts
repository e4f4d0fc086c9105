import { expect, test } from 'vitest'
import { inBoundedBatches } from './bounded-batches.ts'

test('batches continue until one is not full', async () => {
  let left = 25
  const limits: number[] = []
  const changed = await inBoundedBatches(
    async (limit) => {
      limits.push(limit)
      const taken = Math.min(limit, left)
      left -= taken
      return taken
    },
    { batch: 10 },
  )
  expect([changed, left, limits]).toEqual([25, 0, [10, 10, 10]])
})

test('after the time limit no further batch starts; the first always runs', async () => {
  expect(await inBoundedBatches(async (limit) => limit, { batch: 10, milliseconds: 0 })).toBe(10)
})
