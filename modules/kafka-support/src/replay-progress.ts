import type { Offsets, TopicRange } from './topic-admin.ts'
import type { TopicRecord } from './topic-record.ts'

/** How much of a topic's range, as it was at the beginning of a replay, has been handled. */
export class ReplayProgress {
  readonly total: number
  readonly #end: Offsets
  /** Partitions with unhandled records, and where their range ends. */
  readonly #remaining = new Map<number, bigint>()
  #done = 0

  constructor(range: TopicRange | undefined) {
    this.#end = range?.end ?? new Map()
    let total = 0n
    for (const [partition, end] of this.#end) {
      const begin = range?.begin.get(partition) ?? 0n
      if (end > begin) this.#remaining.set(partition, end)
      total += end - begin
    }
    this.total = Number(total)
  }

  /** The number of handled records. */
  get done(): number {
    return this.#done
  }

  get isComplete(): boolean {
    return this.#remaining.size === 0
  }

  /** Whether the record existed at the beginning. */
  includes({ partition, offset }: TopicRecord): boolean {
    return offset < (this.#end.get(partition) ?? 0n)
  }

  /** Notes a batch, of which so many records were handled. */
  advance(batch: readonly TopicRecord[], handled: number): void {
    this.#done += handled
    for (const { partition, offset } of batch)
      if (offset + 1n >= (this.#remaining.get(partition) ?? 0n)) this.#remaining.delete(partition)
  }

  /** Completes the partitions whose remaining records were deleted. `begin`: the first kept offsets. */
  skipDeleted(begin: Offsets): void {
    for (const [partition, end] of this.#remaining)
      if ((begin.get(partition) ?? 0n) >= end) this.#remaining.delete(partition)
  }
}
