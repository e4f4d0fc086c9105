import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'

test('a condition that comes to hold ends the wait with its value', async () => {
  let reads = 0
  const read = () => ++reads
  expect(await eventually('five reads', read, (n) => n === 5, { intervalMs: 1 })).toBe(5)
  expect(await eventually('a truthy value', () => (++reads > 7 ? 'found' : undefined))).toBe(
    'found',
  )
})

test('a condition that never holds fails with what was awaited and the last value read', async () => {
  const wait = eventually(
    'two views are counted',
    () => ({ views: 1 }),
    (v) => v.views === 2,
    {
      timeoutMs: 5,
      intervalMs: 1,
    },
  )
  await expect(wait).rejects.toThrow(
    'gave up after 5 ms waiting until two views are counted; last value: { views: 1 }',
  )
})
