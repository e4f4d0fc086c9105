import { expect, test } from 'vitest'
import { ReplayProgress } from './replay-progress.ts'
import type { TopicRecord } from './topic-record.ts'

const recordOf = (partition: number, offset: bigint): TopicRecord => ({
  topic: 't',
  partition,
  offset,
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
})
const begin = new Map([
  [0, 5n],
  [1, 0n],
  [2, 9n],
])
const end = new Map([
  [0, 7n],
  [1, 1n],
  [2, 9n],
])

test('a replay is complete after the last record of each partition that had any', () => {
  const progress = new ReplayProgress({ begin, end })
  expect(progress.total).toBe(3)
  progress.advance([recordOf(0, 5n), recordOf(0, 6n)], 2)
  expect([progress.done, progress.isComplete]).toEqual([2, false])
  // A newer record also shows that the partition was read to its former end.
  expect(progress.includes(recordOf(1, 1n))).toBe(false)
  progress.advance([recordOf(1, 1n)], 0)
  expect([progress.done, progress.isComplete]).toEqual([2, true])
})

test('a partition whose remaining records were deleted is complete', () => {
  const progress = new ReplayProgress({ begin, end })
  progress.skipDeleted(new Map([[0, 6n]]))
  progress.advance([recordOf(1, 0n)], 1)
  expect(progress.isComplete).toBe(false)
  progress.skipDeleted(new Map([[0, 7n]]))
  expect(progress.isComplete).toBe(true)
})

test('an empty or missing topic is complete at once', () => {
  expect(new ReplayProgress(undefined).isComplete).toBe(true)
  expect(new ReplayProgress({ begin, end: begin }).isComplete).toBe(true)
})
