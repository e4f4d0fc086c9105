import type { Offsets, TopicRange } from './topic-admin.ts'

interface Progress {
  /** The committed offset, or the first record that is kept. */
  offset: bigint
  /** Since when the offset has not moved, by `performance.now()`. */
  since: number
}

/** Since when each partition with unread records has made no progress. */
export class PartitionProgress {
  readonly #topics = new Map<string, Map<number, Progress>>()

  /** Compares the committed offsets with those of the last call. */
  record(topic: string, { begin, end }: TopicRange, committed: Offsets): void {
    const before = this.#topics.get(topic)
    const current = new Map<number, Progress>()
    for (const [partition, last] of end) {
      const offset = committed.get(partition) ?? begin.get(partition) ?? 0n
      if (offset >= last) continue
      const known = before?.get(partition)
      current.set(
        partition,
        known?.offset === offset ? known : { offset, since: performance.now() },
      )
    }
    this.#topics.set(topic, current)
  }

  /** Drops the topics that no longer exist. */
  retain(topics: { has(topic: string): boolean }): void {
    for (const topic of this.#topics.keys()) if (!topics.has(topic)) this.#topics.delete(topic)
  }

  /** Returns the partitions of the topic that have unread records, and since when they stall. */
  stalledSince(topic: string): ReadonlyMap<number, number> {
    return new Map(
      [...(this.#topics.get(topic) ?? [])].map(([partition, { since }]) => [partition, since]),
    )
  }
}
