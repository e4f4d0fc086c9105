import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
import { expect, test } from 'vitest'
import { BATCH, BatchLoop } from './batch-loop.ts'
import { captureLog } from './kafka-fixture.ts'
import type { ReceivedRecord } from './topic-record.ts'

const recordOf = (
  partition: number,
  offset: number,
  value: Buffer | null = null,
): ReceivedRecord => ({
  topic: 't',
  partition,
  offset: BigInt(offset),
  timestamp: 0,
  key: null,
  value,
  headers: [],
  leaderEpoch: 0,
})

function pausableSource() {
  let isPaused = false
  return {
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
    },
    isPaused: () => isPaused,
  }
}

/** A loop whose batches stay in flight until they are resolved or rejected. */
function loopUnderTest() {
  const source = pausableSource()
  const attempts: { batch: readonly ReceivedRecord[]; end: PromiseWithResolvers<void> }[] = []
  const handled: number[] = []
  const { log, warnings } = captureLog()
  const loop = new BatchLoop({
    source,
    handle(batch) {
      const end = Promise.withResolvers<void>()
      attempts.push({ batch, end })
      return end.promise
    },
    onHandled: (batch) => void handled.push(batch.length),
    log,
    fields: {},
  })
  const attempted = (count: number) =>
    expect.poll(() => attempts.length, { interval: 5, timeout: 10_000 }).toBe(count)
  return { loop, source, attempts, handled, warnings, attempted }
}

test('two batches of different partitions are in flight at most', async () => {
  const { loop, attempts, handled, attempted } = loopUnderTest()
  for (let partition = 0; partition < 8; partition += 1) loop.add(recordOf(partition, 0))
  await attempted(2)
  const [first, second] = attempts.map(({ batch }) => batch.map(({ partition }) => partition))
  expect(first?.filter((partition) => second?.includes(partition))).toEqual([])
  attempts[0]?.end.resolve()
  await attempted(3)
  expect(handled).toEqual([first?.length])
  for (const { end } of attempts) end.resolve()
})

test('a failing batch pauses the source and is retried until it succeeds, with one warning', async () => {
  const { loop, source, attempts, handled, warnings, attempted } = loopUnderTest()
  loop.add(recordOf(0, 0))
  await attempted(1)
  attempts[0]?.end.reject(new Error('down'))
  await attempted(2)
  expect([loop.isRetrying, source.isPaused(), handled]).toEqual([true, true, []])
  attempts[1]?.end.reject(new Error('down'))
  await attempted(3)
  attempts[2]?.end.resolve()
  await expect.poll(() => handled).toEqual([1])
  expect([loop.isRetrying, source.isPaused(), warnings.length]).toEqual([false, false, 1])
  expect(attempts.map(({ batch }) => batch)).toEqual(Array(3).fill(attempts[0]?.batch))
})

test('reading pauses when four batches are queued, and resumes when fewer than two are', async () => {
  const { loop, source, attempts, attempted } = loopUnderTest()
  for (let offset = 0; offset < 4 * BATCH; offset += 1) {
    expect(source.isPaused()).toBe(false)
    loop.add(recordOf(0, offset))
  }
  expect(source.isPaused()).toBe(true)
  for (let batch = 1; batch <= 3; batch += 1) {
    await attempted(batch)
    expect(source.isPaused()).toBe(batch < 3)
    attempts[batch - 1]?.end.resolve()
  }
})

test('stop() waits for the batch in flight and starts no other', async () => {
  const { loop, source, attempts, handled, attempted } = loopUnderTest()
  loop.add(recordOf(0, 0))
  await attempted(1)
  loop.add(recordOf(0, 1))
  let isStopped = false
  const stopping = loop.stop().then(() => {
    isStopped = true
  })
  await yieldToEventLoop()
  expect([isStopped, source.isPaused()]).toEqual([false, true])
  attempts[0]?.end.resolve()
  await stopping
  expect([attempts.length, handled]).toEqual([1, [1]])
})

test('a failing batch is divided until its records are handled, in order and each once', async () => {
  const handled: bigint[] = []
  const sizes: number[] = []
  const loop = new BatchLoop({
    source: pausableSource(),
    async handle(batch) {
      sizes.push(batch.length)
      if (batch.length > 2) throw new Error('too much')
    },
    onHandled: (batch) => void handled.push(...batch.map(({ offset }) => offset)),
    log: captureLog().log,
    fields: {},
  })
  for (let offset = 0; offset < 20; offset += 1) loop.add(recordOf(0, offset))
  await expect
    .poll(() => handled, { interval: 5, timeout: 10_000 })
    .toEqual(Array.from({ length: 20 }, (_, n) => BigInt(n)))
  expect(sizes[0]).toBe(20)
  await loop.stop()
})

test('large records pause the source and are handled in batches of a megabyte', async () => {
  const { loop, source, attempts, attempted } = loopUnderTest()
  const large = Buffer.alloc(400_000)
  for (let offset = 0; offset < 10; offset += 1) {
    expect(source.isPaused()).toBe(false)
    loop.add(recordOf(0, offset, large))
  }
  loop.add(recordOf(0, 10, large))
  expect(source.isPaused()).toBe(true)
  await attempted(1)
  expect(attempts[0]?.batch).toHaveLength(2)
  for (let batch = 1; batch <= 3; batch += 1) {
    attempts[batch - 1]?.end.resolve()
    await attempted(batch + 1)
  }
  expect(source.isPaused()).toBe(false)
  for (const { end } of attempts) end.resolve()
})
