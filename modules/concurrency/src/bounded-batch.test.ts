import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BatchSize } from './batch-size.ts'
import { batchesOf } from './bounded-batch.ts'
import { workInParts } from './work-in-parts.ts'

const self = (size: number) => size

test('batches keep every item in order, and exceed their bytes with a single item only', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50)),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 100 }),
      (sizes, items, bytes) => {
        const batches = [...batchesOf(sizes, self, { items, bytes })]
        expect(batches.flat()).toEqual(sizes)
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(items)
          if (batch.length > 1)
            expect(batch.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(bytes)
        }
      },
    ),
  )
})

test('a batch that fails for its size is divided until the culprit stands alone', async () => {
  const done: number[] = []
  const alone: number[] = []
  const tried = new Set<string>()
  await workInParts(
    Array.from({ length: 20 }, (_, n) => n),
    async (part) => {
      const key = part.join(',')
      expect(tried.has(key)).toBe(false)
      tried.add(key)
      if (part.includes(7)) throw new Error('too much')
      done.push(...part)
    },
    { isDivisible: () => true, onFailedAlone: (item) => void alone.push(item) },
  )
  expect(alone).toEqual([7])
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, ...Array.from({ length: 12 }, (_, n) => n + 8)])
})

test('an error that less work cannot avoid ends the work at once', async () => {
  let calls = 0
  const work = workInParts(
    [1, 2, 3],
    async () => {
      calls += 1
      throw new Error('away')
    },
    { isDivisible: () => false },
  )
  await expect(work).rejects.toThrow('away')
  expect(calls).toBe(1)
})

test('a batch size shrinks to one while batches fail, and grows back while they succeed', () => {
  const size = new BatchSize({ max: 500, afterFailure: 50 })
  const sizes: number[] = []
  for (let n = 0; n < 8; n += 1) {
    size.failed(size.current)
    sizes.push(size.current)
  }
  expect(sizes).toEqual([50, 25, 12, 6, 3, 1, 1, 1])
  for (let n = 0; n < 20; n += 1) size.succeeded(size.current, 10)
  expect(size.current).toBe(500)
})

test('a batch size shrinks after slow batches', () => {
  const size = new BatchSize({ max: 500 })
  size.succeeded(300, 10_000)
  expect(size.current).toBe(150)
  size.succeeded(150, 1_500)
  expect(size.current).toBe(150)
  for (let n = 0; n < 5; n += 1) size.succeeded(size.current, 10_000)
  expect(size.current).toBe(20)
})
