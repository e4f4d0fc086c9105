import { expect, test } from 'vitest'
import { inBoundedBatches } from './bounded-batches.ts'

test('slices go on until one is not full', async () => {
  let left = 25
  const limits: number[] = []
  const changed = await inBoundedBatches(
    async (limit) => {
      limits.push(limit)
      const taken = Math.min(limit, left)
      left -= taken
      return taken
    },
    { slice: 10 },
  )
  expect([changed, left, limits]).toEqual([25, 0, [10, 10, 10]])
})

test('slices end when the time is over, after one at least', async () => {
  expect(await inBoundedBatches(async (limit) => limit, { slice: 10, milliseconds: 0 })).toBe(10)
})
