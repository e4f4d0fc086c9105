import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import type { ReceivedRecord } from './topic-record.ts'

export interface CommittedOffset {
  partition: number
  /** The offset of the next record to read. */
  offset: bigint
  leaderEpoch: number
}

interface OffsetCommitterOptions {
  /** Sends one commit. Never called while a commit is in flight. */
  commit: (offsets: CommittedOffset[]) => Promise<void>
  /** Whether the partition is assigned to this member: it must not move another member's offsets. */
  isAssigned: (partition: number) => boolean
  onFailure: (error: unknown) => void
}

/**
 * Commits the offsets of handled batches, one commit at a time. Batches that are handled during a
 * commit share the next one, and a failed commit is repeated with it.
 */
export class OffsetCommitter {
  readonly #options: OffsetCommitterOptions
  /** By partition, the newest offset that waits for a commit. */
  readonly #pending = new Map<number, CommittedOffset>()
  readonly #commitPending = singleFlight(() => this.#run())
  #isRunning = false

  constructor(options: OffsetCommitterOptions) {
    this.#options = options
  }

  /**
   * Notes that every record of the batch took effect. Batches of a partition arrive in order, so
   * that the last offset of a batch ends a gapless prefix.
   */
  handled(batch: readonly ReceivedRecord[]): void {
    for (const { partition, offset, leaderEpoch } of batch)
      this.#pending.set(partition, { partition, offset: offset + 1n, leaderEpoch })
    void this.#commitPending()
  }

  /** Waits until everything that was handled is committed, or until a commit fails. */
  async flush(): Promise<void> {
    if (this.#isRunning) await this.#commitPending()
    if (this.#pending.size > 0) await this.#commitPending()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#pending.size > 0) {
        const taken = [...this.#pending.values()]
        this.#pending.clear()
        if (!(await this.#commit(taken))) return
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #commit(taken: readonly CommittedOffset[]): Promise<boolean> {
    const offsets = taken.filter(({ partition }) => this.#options.isAssigned(partition))
    if (offsets.length === 0) return true
    try {
      await this.#options.commit(offsets)
      return true
    } catch (error) {
      // The next commit takes these along; until then a restart would deliver them again.
      for (const one of taken)
        if (!this.#pending.has(one.partition)) this.#pending.set(one.partition, one)
      this.#options.onFailure(error)
      return false
    }
  }
}
