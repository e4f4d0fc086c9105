import type { FastifyBaseLogger } from 'fastify'
import type { TopicRecord } from './topic-record.ts'

interface GapAlarmOptions {
  topic: string
  group: string
  log: Pick<FastifyBaseLogger, 'error'>
}

/** Detects records that the brokers deleted before this group read them. */
export class GapAlarm {
  readonly #options: GapAlarmOptions
  readonly #lastOffsets = new Map<number, bigint>()

  constructor(options: GapAlarmOptions) {
    this.#options = options
  }

  /** Compares the offset with the partition's previous one. */
  check({ partition, offset }: TopicRecord): void {
    const last = this.#lastOffsets.get(partition)
    this.#lastOffsets.set(partition, offset)
    if (last === undefined || offset <= last + 1n) return
    const { topic, group, log } = this.#options
    log.error(
      { topic, group, partition, from: String(last + 1n), to: String(offset - 1n) },
      'ALARM: records were deleted before this group read them',
    )
  }

  /** After a rebalance a partition continues wherever another member stopped. */
  reset(): void {
    this.#lastOffsets.clear()
  }
}
