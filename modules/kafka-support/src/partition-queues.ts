/** Records that were read and are not handled yet, by partition and in order. */
export interface PartitionQueues<Item extends { partition: number }> {
  readonly size: number
  push(record: Item): void
  /**
   * Takes the next batch, or undefined if there is none. Its partitions count as in flight until
   * `release`: batches in flight never share a partition, so that each partition keeps its order.
   */
  take(): Item[] | undefined
  release(batch: readonly Item[]): void
}

export function createPartitionQueues<Item extends { partition: number }>(
  maxBatch: number,
): PartitionQueues<Item> {
  /** The least recently served partition comes first, so that a busy one does not starve the others. */
  const queues = new Map<number, Item[]>()
  const inFlight = new Set<number>()
  let size = 0

  return {
    get size() {
      return size
    },

    push(record) {
      const queue = queues.get(record.partition)
      if (queue === undefined) queues.set(record.partition, [record])
      else queue.push(record)
      size += 1
    },

    take() {
      const ready = [...queues].filter(
        ([partition, queue]) => queue.length > 0 && !inFlight.has(partition),
      )
      if (ready.length === 0) return undefined
      // Half of the ready partitions, so that the next batch has some while this one is in flight.
      const share = ready.slice(0, Math.ceil(ready.length / 2))
      const batch: Item[] = []
      for (const [partition, queue] of share) {
        if (batch.length === maxBatch) break
        batch.push(...queue.splice(0, maxBatch - batch.length))
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
