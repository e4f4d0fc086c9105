import type { TopicRecord } from './topic-record.ts'

interface Position {
  offset: bigint
  leaderEpoch: number
}

interface OffsetCommitterOptions {
  /** Sends one commit; one call at a time. */
  commit: (offsets: { partition: number; offset: bigint; leaderEpoch: number }[]) => Promise<void>
  /** Partitions that are this member's now: another's offsets must not be moved. */
  isAssigned: (partition: number) => boolean
  onFailure: (error: unknown) => void
}

export interface OffsetCommitter {
  /** All of a batch took effect. Per partition batches come in order, so that this is the end of a gapless prefix. */
  handled(batch: readonly (TopicRecord & { leaderEpoch: number })[]): void
  /** Until everything that was handled is committed, or a commit fails. */
  flush(): Promise<void>
}

/** Commits what was handled, one commit at a time; what comes meanwhile goes with the next. A failed commit is repeated with it. */
export function createOffsetCommitter({
  commit,
  isAssigned,
  onFailure,
}: OffsetCommitterOptions): OffsetCommitter {
  const positions = new Map<number, Position>()
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (positions.size > 0) {
      const taken = [...positions]
      positions.clear()
      const offsets = taken
        .filter(([partition]) => isAssigned(partition))
        .map(([partition, position]) => ({ partition, ...position }))
      if (offsets.length === 0) continue
      try {
        await commit(offsets)
      } catch (error) {
        // Lost only until the next one, or until a restart delivers them again.
        for (const [partition, position] of taken)
          if (!positions.has(partition)) positions.set(partition, position)
        onFailure(error)
        return
      }
    }
  }

  const start = () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    handled(batch) {
      for (const { partition, offset, leaderEpoch } of batch)
        positions.set(partition, { offset: offset + 1n, leaderEpoch })
      void start()
    },
    async flush() {
      await running
      if (positions.size > 0) await start()
    },
  }
}
