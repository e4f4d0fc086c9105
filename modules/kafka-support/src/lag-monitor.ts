import type { FastifyBaseLogger } from 'fastify'
import { groupOf } from './consumer-group.ts'
import { PartitionProgress } from './partition-progress.ts'
import { lagOf, type Offsets, type TopicAdmin, type TopicRange } from './topic-admin.ts'
import type { TopicReader } from './topic-reader.ts'

interface LagMonitorOptions {
  admin: TopicAdmin
  service: string
  log: Pick<FastifyBaseLogger, 'error'>
  /** How long a partition with unread records may make no progress. */
  stallMilliseconds: number
}

/** Measures how many records a service has not read yet, and detects partitions without progress. */
export class LagMonitor {
  readonly #options: LagMonitorOptions
  readonly #lags = new Map<string, number>()
  readonly #progress = new PartitionProgress()

  constructor(options: LagMonitorOptions) {
    this.#options = options
  }

  /** Unread records by topic, as measured last. */
  get lags(): ReadonlyMap<string, number> {
    return this.#lags
  }

  /** Throws the faults of `TopicAdmin`. */
  async measure(topics: readonly string[]): Promise<void> {
    const { admin, service } = this.#options
    const ranges = await admin.rangesOf(topics)
    for (const topic of this.#lags.keys()) if (!ranges.has(topic)) this.#lags.delete(topic)
    this.#progress.retain(ranges)
    for (const [topic, range] of ranges) {
      const committed = await admin.committedOffsetsOf(groupOf(service, topic), topic)
      this.#reportDeletedUnread(topic, range, committed)
      this.#lags.set(topic, lagOf(range, committed))
      this.#progress.record(topic, range, committed)
    }
  }

  /**
   * Returns a partition of the reader that makes no progress although it has unread records and no
   * batch is being retried. The reader is then replaced, even if its other partitions progress.
   */
  findStalledPartition(reader: TopicReader): number | undefined {
    if (reader.isRetrying()) return undefined
    const assigned = reader.partitions()
    for (const [partition, since] of this.#progress.stalledSince(reader.topic)) {
      const stalled = performance.now() - Math.max(since, reader.startedAt)
      if (assigned.includes(partition) && stalled > this.#options.stallMilliseconds)
        return partition
    }
    return undefined
  }

  #reportDeletedUnread(topic: string, { begin }: TopicRange, committed: Offsets): void {
    const { service, log } = this.#options
    for (const [partition, offset] of committed)
      if (offset < (begin.get(partition) ?? 0n))
        log.error(
          { topic, service, partition, from: String(offset) },
          'ALARM: records were deleted before this group read them',
        )
  }
}
