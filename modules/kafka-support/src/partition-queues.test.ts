import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPartitionQueues } from './partition-queues.ts'
import type { TopicRecord } from './topic-record.ts'

const recordOf = (partition: number, offset: number): TopicRecord => ({
  topic: 't',
  partition,
  offset: BigInt(offset),
  timestamp: 0,
  key: null,
  value: null,
  headers: [],
})
const partitionsOf = (batch: readonly TopicRecord[] = []) => [...new Set(batch.map(({ partition }) => partition))].sort()

test('whatever comes and goes in whatever order: each record is taken once, in the order of its partition, in batches that share no partition and are not too large', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), partition: fc.nat(5), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat(9) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 15 }), (steps, maxBatch) => {
      const queues = createPartitionQueues(maxBatch)
      const pushed = new Map<number, number>()
      const taken = new Map<number, number>()
      const inFlight: TopicRecord[][] = []
      const waitingCount = () => [...pushed].reduce((sum, [partition, count]) => sum + count - (taken.get(partition) ?? 0), 0)
      function take(): boolean {
        const batch = queues.take()
        if (batch === undefined) return false
        expect(batch.length).toBeGreaterThan(0)
        expect(batch.length).toBeLessThanOrEqual(maxBatch)
        for (const other of inFlight) expect(partitionsOf(other).filter((partition) => partitionsOf(batch).includes(partition))).toEqual([])
        for (const { partition, offset } of batch) {
          expect(Number(offset)).toBe(taken.get(partition) ?? 0)
          taken.set(partition, Number(offset) + 1)
        }
        inFlight.push(batch)
        return true
      }
      function release(which: number): void {
        const [batch] = inFlight.splice(which % inFlight.length, 1)
        queues.release(batch ?? [])
      }

      for (const one of steps) {
        if (one.kind === 'take') take()
        else if (one.kind === 'release') release(one.which)
        else
          for (let n = 0; n < one.count; n += 1) {
            const offset = pushed.get(one.partition) ?? 0
            queues.push(recordOf(one.partition, offset))
            pushed.set(one.partition, offset + 1)
          }
        expect(queues.size).toBe(waitingCount())
      }
      // Whatever is left is had as soon as what is in flight is released: nothing is stuck.
      while (inFlight.length > 0 || queues.size > 0) if (!take()) release(0)
      expect(taken).toEqual(pushed)
      expect(queues.take()).toBeUndefined()
    }),
  )
})

test('one batch leaves half of the partitions to the next', () => {
  const queues = createPartitionQueues(500)
  for (let partition = 0; partition < 6; partition += 1) queues.push(recordOf(partition, 0))
  const first = partitionsOf(queues.take())
  const second = partitionsOf(queues.take())
  expect([first.length, second.length]).toEqual([3, 2])
  expect(first.filter((partition) => second.includes(partition))).toEqual([])
})

test('a partition that always has something to read does not keep the others waiting', () => {
  const queues = createPartitionQueues(10)
  const lastTaken = new Map<number, number>()
  let next = 0
  for (let partition = 0; partition < 6; partition += 1) for (let offset = 0; offset < 100; offset += 1) queues.push(recordOf(partition, offset))
  next = 100
  for (let round = 1; round <= 60; round += 1) {
    for (let n = 0; n < 20; n += 1, next += 1) queues.push(recordOf(0, next))
    const batch = queues.take() ?? []
    for (const partition of partitionsOf(batch)) lastTaken.set(partition, round)
    queues.release(batch)
    // With six partitions each has its turn within twelve batches, while it has something.
    if (round === 12) expect([...lastTaken.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5])
  }
})
