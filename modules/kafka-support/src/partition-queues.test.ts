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
const BOUNDS = { items: 500, bytes: 1_000 }
const partitionsOf = (batch: readonly TopicRecord[] = []) =>
  [...new Set(batch.map(({ partition }) => partition))].sort()

test('in any interleaving each record is taken once and in order, by batches that share no partition', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      partition: fc.nat(5),
      count: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat(9) }),
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: 1, max: 15 }),
      (steps, maxBatch, maxBytes) => {
        const queues = createPartitionQueues<TopicRecord>(() => 1)
        const pushed = new Map<number, number>()
        const taken = new Map<number, number>()
        const inFlight: TopicRecord[][] = []
        const waitingCount = () =>
          [...pushed].reduce(
            (sum, [partition, count]) => sum + count - (taken.get(partition) ?? 0),
            0,
          )
        function take(): boolean {
          const batch = queues.take({ items: maxBatch, bytes: maxBytes })
          if (batch === undefined) return false
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(Math.min(maxBatch, maxBytes))
          for (const other of inFlight)
            expect(
              partitionsOf(other).filter((partition) => partitionsOf(batch).includes(partition)),
            ).toEqual([])
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
          expect([queues.size, queues.bytes]).toEqual([waitingCount(), waitingCount()])
        }
        // Releasing what is in flight makes everything else available: no record is stuck.
        while (inFlight.length > 0 || queues.size > 0) if (!take()) release(0)
        expect(taken).toEqual(pushed)
        expect(queues.take(BOUNDS)).toBeUndefined()
      },
    ),
  )
})

test('a batch leaves half of the ready partitions to the next batch', () => {
  const queues = createPartitionQueues<TopicRecord>(() => 1)
  for (let partition = 0; partition < 6; partition += 1) queues.push(recordOf(partition, 0))
  const first = partitionsOf(queues.take(BOUNDS))
  const second = partitionsOf(queues.take(BOUNDS))
  expect([first.length, second.length]).toEqual([3, 2])
  expect(first.filter((partition) => second.includes(partition))).toEqual([])
})

test('a partition with records is served before any other is served twice', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 1, max: 2 }),
      fc.infiniteStream(fc.boolean()),
      (partitions, batches, endsFirst) => {
        const queues = createPartitionQueues<TopicRecord>(() => 1)
        const fill = (partition: number) => {
          for (let offset = 0; offset < 10; offset += 1) queues.push(recordOf(partition, offset))
        }
        const waited = new Map<number, number>()
        for (let partition = 0; partition < partitions; partition += 1) {
          // More than any batch takes, so that every partition always has records.
          for (let n = 0; n < 3; n += 1) fill(partition)
          waited.set(partition, 0)
        }
        const inFlight: TopicRecord[][] = []
        for (let turn = 0; turn < 60; turn += 1) {
          while (inFlight.length < batches) {
            const batch = queues.take({ items: 10, bytes: 1_000 })
            if (batch === undefined) break
            inFlight.push(batch)
            const busy = inFlight.flatMap(partitionsOf)
            for (const [partition, turns] of waited)
              waited.set(partition, busy.includes(partition) ? 0 : turns + 1)
            for (const partition of partitionsOf(batch)) fill(partition)
            expect(Math.max(...waited.values())).toBeLessThan(partitions)
          }
          queues.release((endsFirst.next().value ? inFlight.shift() : inFlight.pop()) ?? [])
        }
      },
    ),
  )
})

test('a record above the bytes of a batch is a batch of its own', () => {
  const queues = createPartitionQueues<TopicRecord>(({ offset }) => (offset === 1n ? 5_000 : 10))
  for (let offset = 0; offset < 3; offset += 1) queues.push(recordOf(0, offset))
  const batches: string[] = []
  for (;;) {
    const batch = queues.take(BOUNDS)
    if (batch === undefined) break
    batches.push(batch.map(({ offset }) => String(offset)).join(','))
    queues.release(batch)
  }
  expect(batches).toEqual(['0', '1', '2'])
})
