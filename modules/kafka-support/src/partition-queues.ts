import { type BatchBounds, batchFrom } from '@dailyfeed/concurrency/bounded-batch'

/** Records that were read and are not handled yet, by partition and in order. */
export interface PartitionQueues<Item extends { partition: number }> {
  readonly size: number
  /** The sum of the sizes of all queued records. */
  readonly bytes: number
  push(record: Item): void
  /**
   * Takes the next batch, or undefined if there is none; a record above the bytes is a batch of its own. Its partitions
   * count as in flight until `release`: batches in flight never share a partition, so that each partition keeps its order.
   */
  take(bounds: BatchBounds): Item[] | undefined
  release(batch: readonly Item[]): void
}

export function createPartitionQueues<Item extends { partition: number }>(
  sizeOf: (record: Item) => number,
): PartitionQueues<Item> {
  /** The least recently served partition comes first, so that a busy one does not starve the others. */
  const queues = new Map<number, Item[]>()
  const inFlight = new Set<number>()
  let size = 0
  let bytes = 0

  return {
    get size() {
      return size
    },

    get bytes() {
      return bytes
    },

    push(record) {
      const queue = queues.get(record.partition)
      if (queue === undefined) queues.set(record.partition, [record])
      else queue.push(record)
      size += 1
      bytes += sizeOf(record)
    },

    take(bounds) {
      const ready = [...queues].filter(
        ([partition, queue]) => queue.length > 0 && !inFlight.has(partition),
      )
      if (ready.length === 0) return undefined
      // Half of the ready partitions, so that the next batch has some while this one is in flight.
      const share = ready.slice(0, Math.ceil(ready.length / 2))
      const batch: Item[] = []
      const left = { ...bounds }
      for (const [partition, queue] of share) {
        if (left.items <= 0 || left.bytes <= 0) break
        const taken = batchFrom(queue, 0, sizeOf, left)
        const takenBytes = taken.reduce((sum, record) => sum + sizeOf(record), 0)
        // A first record that does not fit begins the next batch.
        if (batch.length > 0 && takenBytes > left.bytes) break
        queue.splice(0, taken.length)
        batch.push(...taken)
        left.items -= taken.length
        left.bytes -= takenBytes
        bytes -= takenBytes
        inFlight.add(partition)
        queues.delete(partition)
        queues.set(partition, queue)
      }
      size -= batch.length
      return batch
    },

    release(batch) {
      for (const { partition } of batch) inFlight.delete(partition)
    },
  }
}
