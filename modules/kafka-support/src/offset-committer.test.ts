import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CommittedOffset, OffsetCommitter } from './offset-committer.ts'

const batchOf = (partition: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({
    topic: 't',
    partition,
    offset: BigInt(from + n),
    timestamp: 0,
    key: null,
    value: null,
    headers: [] as [string, string][],
    leaderEpoch: 7,
  }))

/** A committer whose commits stay in flight until `answer`. */
function committerUnderTest({
  isAssigned = () => true,
}: {
  isAssigned?: (partition: number) => boolean
} = {}) {
  const commits: CommittedOffset[][] = []
  const failures: unknown[] = []
  let waiting: { resolve(): void; reject(error: unknown): void } | undefined
  const committer = new OffsetCommitter({
    isAssigned,
    onFailure: (error) => void failures.push(error),
    commit(offsets) {
      expect(waiting, 'the commit in flight').toBeUndefined()
      commits.push(offsets)
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
      })
    },
  })
  async function answer(error?: Error): Promise<void> {
    const asked = waiting
    waiting = undefined
    if (error === undefined) asked?.resolve()
    else asked?.reject(error)
    await new Promise(setImmediate)
  }
  return { committer, commits, failures, answer, isInFlight: () => waiting !== undefined }
}

test('batches that are handled during a commit share the next one, with the last offset of each partition', async () => {
  const { committer, commits, answer, isInFlight } = committerUnderTest()
  committer.handled(batchOf(0, 0, 4))
  committer.handled(batchOf(0, 5, 9))
  committer.handled([...batchOf(1, 0, 2), ...batchOf(0, 10, 10)])
  expect(commits).toEqual([[{ partition: 0, offset: 5n, leaderEpoch: 7 }]])
  await answer()
  expect(commits[1]).toEqual([
    { partition: 0, offset: 11n, leaderEpoch: 7 },
    { partition: 1, offset: 3n, leaderEpoch: 7 },
  ])
  await answer()
  expect(commits).toHaveLength(2)
  expect(isInFlight()).toBe(false)
})

test('a failed commit is repeated with the next one, and moves no partition back', async () => {
  const { committer, commits, failures, answer } = committerUnderTest()
  committer.handled([...batchOf(0, 0, 4), ...batchOf(1, 0, 4)])
  committer.handled(batchOf(0, 5, 9))
  await answer(new Error('not now'))
  expect(failures).toHaveLength(1)
  expect(commits).toHaveLength(1)
  committer.handled(batchOf(2, 0, 0))
  expect(commits[1]?.map(({ partition, offset }) => [partition, offset]).sort()).toEqual([
    [0, 10n],
    [1, 5n],
    [2, 1n],
  ])
})

test('a commit omits the partitions that are now assigned to another member', async () => {
  const mine = new Set([0, 1])
  const { committer, commits, answer, isInFlight } = committerUnderTest({
    isAssigned: (partition) => mine.has(partition),
  })
  committer.handled(batchOf(0, 0, 0))
  committer.handled([...batchOf(1, 0, 3), ...batchOf(0, 1, 3)])
  mine.delete(1)
  await answer()
  expect(commits[1]).toEqual([{ partition: 0, offset: 4n, leaderEpoch: 7 }])
  await answer()
  mine.clear()
  committer.handled(batchOf(0, 4, 4))
  expect(isInFlight()).toBe(false)
  await committer.flush()
  expect(commits).toHaveLength(2)
})

test('flush resolves when everything that was handled is committed', async () => {
  const { committer, commits, answer } = committerUnderTest()
  committer.handled(batchOf(0, 0, 0))
  committer.handled(batchOf(0, 1, 1))
  let isFlushed = false
  const flushing = committer.flush().then(() => {
    isFlushed = true
  })
  await answer()
  expect(isFlushed).toBe(false)
  await answer()
  await flushing
  expect(commits.at(-1)).toEqual([{ partition: 0, offset: 2n, leaderEpoch: 7 }])
})

test('flush repeats a failed commit once, and does not wait for unreachable brokers', async () => {
  const { committer, commits, failures, answer } = committerUnderTest()
  committer.handled(batchOf(0, 0, 0))
  await answer(new Error('away'))
  const flushing = committer.flush()
  await new Promise(setImmediate)
  expect(commits).toHaveLength(2)
  await answer(new Error('still away'))
  await flushing
  expect(failures).toHaveLength(2)
})

test('commits never move a partition back and end at its last handled offset, even after failures', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          partition: fc.nat(2),
          count: fc.integer({ min: 1, max: 5 }),
          fails: fc.boolean(),
        }),
        { minLength: 1 },
      ),
      async (steps) => {
        const committed = new Map<number, bigint>()
        const handled = new Map<number, number>()
        let fails = false
        const committer = new OffsetCommitter({
          isAssigned: () => true,
          onFailure() {},
          async commit(offsets) {
            const willFail = fails
            await Promise.resolve()
            if (willFail) throw new Error('not now')
            for (const { partition, offset } of offsets) {
              expect(offset).toBeGreaterThan(committed.get(partition) ?? 0n)
              committed.set(partition, offset)
            }
          },
        })
        for (const step of steps) {
          const from = handled.get(step.partition) ?? 0
          fails = step.fails
          committer.handled(batchOf(step.partition, from, from + step.count - 1))
          handled.set(step.partition, from + step.count)
          if (step.count > 2) await Promise.resolve()
        }
        fails = false
        await committer.flush()
        await committer.flush()
        expect([...committed].sort()).toEqual(
          [...handled].map(([partition, count]) => [partition, BigInt(count)]).sort(),
        )
      },
    ),
  )
})
