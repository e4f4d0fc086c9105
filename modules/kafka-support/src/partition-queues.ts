import type { TopicRecord } from './topic-record.ts'

/** Records that have been read and wait to be handled, by partition and in order. */
export interface PartitionQueues {
  readonly size: number
  push(record: TopicRecord): void
  /**
   * The next batch, from partitions of which none is in flight; undefined where there is nothing to take. Its partitions
   * are in flight until `release`: so that the order within a partition is kept, and two batches never share one.
   */
  take(): TopicRecord[] | undefined
  release(batch: readonly TopicRecord[]): void
}

export function createPartitionQueues(maxBatch: number): PartitionQueues {
  /** Those taken from longest ago come first, so that a partition that always has something does not keep the others waiting. */
  const waiting = new Map<number, TopicRecord[]>()
  const inFlight = new Set<number>()
  let size = 0

  return {
    get size() {
      return size
    },

    push(record) {
      const queue = waiting.get(record.partition)
      if (queue === undefined) waiting.set(record.partition, [record])
      else queue.push(record)
      size += 1
    },

    take() {
      const ready = [...waiting]
        .filter(([partition, queue]) => queue.length > 0 && !inFlight.has(partition))
        .map(([partition]) => partition)
      if (ready.length === 0) return undefined
      // Half of what is ready, so that another batch finds partitions of its own while this one is in flight.
      const share = ready.slice(0, Math.ceil(ready.length / 2))
      const batch: TopicRecord[] = []
      for (const partition of share) {
        if (batch.length === maxBatch) break
        const queue = waiting.get(partition) as TopicRecord[]
        batch.push(...queue.splice(0, maxBatch - batch.length))
        inFlight.add(partition)
        waiting.delete(partition)
        waiting.set(partition, queue)
      }
      size -= batch.length
      return batch
    },

    release(batch) {
      for (const { partition } of batch) inFlight.delete(partition)
    },
  }
}
