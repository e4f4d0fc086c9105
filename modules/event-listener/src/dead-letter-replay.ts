import { findNow, type GroupReplay } from '@dailyfeed/dead-letter/group-replay'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import { findDeadLetter } from './dead-letter.queries.ts'
import {
  claimDeadLetter,
  claimDeadLettersOf,
  claimDueDeadLetters,
  countUntriedDeadLetters,
  releaseDeadLetters,
} from './dead-letter-claim.queries.ts'
import type { Listener } from './listener.ts'

interface DeadLetterReplayOptions {
  sql: Sql
  schema: string
  listener: Pick<Listener, 'replayDeadLetter'>
  /** Time limit of one call of `replayGroup`, so that its caller can show progress. */
  groupMilliseconds?: number
}

/** NOT_OPEN: it took effect or was archived before. IN_PROGRESS: another replay has claimed it. */
export type ReplayOutcome = 'REPLAYED' | 'FAILED_AGAIN' | 'NOT_OPEN' | 'IN_PROGRESS'

/**
 * Runs handlers again on the stored bytes, for operators and for a job. Each dead letter is claimed
 * first.
 */
export interface DeadLetterReplay {
  /** Undefined when there is no such dead letter. */
  replayOne(id: number): Promise<ReplayOutcome | undefined>
  /**
   * Replays dead letters of one cause for a few seconds. The caller repeats with `since` until none
   * remain.
   */
  replayGroup(fingerprint: string, since?: string): Promise<GroupReplay>
  /** Replays every dead letter whose next attempt is due. */
  restoreDue(): Promise<{ restored: number; failedAgain: number }>
}

const MAX_RESTORE_ATTEMPTS = 12
const CLAIM_BATCH = 50
/** Below the 10 s after which batch-svc gives up on an answer. */
const GROUP_MILLISECONDS = 4_000
/** Below the minute after which the job runs again. */
const RESTORE_MILLISECONDS = 45_000

export function createDeadLetterReplay({
  sql,
  schema,
  listener,
  groupMilliseconds = GROUP_MILLISECONDS,
}: DeadLetterReplayOptions): DeadLetterReplay {
  /**
   * Claims and replays until nothing is left to claim or the time is over. A transient fault ends the run; it is thrown
   * only when nothing was replayed before it.
   */
  async function replayAll(
    claimBatch: () => Promise<number[]>,
    milliseconds: number,
  ): Promise<{ replayed: number; failedAgain: number }> {
    const endsAt = performance.now() + milliseconds
    const figures = { replayed: 0, failedAgain: 0 }
    while (performance.now() < endsAt) {
      const claimed = await claimBatch()
      if (claimed.length === 0) break
      try {
        while (claimed[0] !== undefined && performance.now() < endsAt) {
          const outcome = await listener.replayDeadLetter(claimed[0])
          claimed.shift()
          if (outcome === 'REPLAYED') figures.replayed += 1
          if (outcome === 'FAILED_AGAIN') figures.failedAgain += 1
        }
      } catch (error) {
        if (!isTransientFault(error) || figures.replayed + figures.failedAgain === 0) throw error
        break
      } finally {
        await release(claimed)
      }
    }
    return figures
  }

  /** A claim that cannot be released expires by itself. */
  const release = (ids: readonly number[]): Promise<void> =>
    releaseDeadLetters(sql, schema, ids).catch(() => {})

  return {
    async replayOne(id) {
      if (await claimDeadLetter(sql, schema, id)) {
        try {
          return await listener.replayDeadLetter(id)
        } catch (error) {
          await release([id])
          throw error
        }
      }
      const letter = await findDeadLetter(sql, schema, id)
      if (letter === undefined) return undefined
      return letter.status === 'OPEN' ? 'IN_PROGRESS' : 'NOT_OPEN'
    },

    async replayGroup(fingerprint, since) {
      const begunAt = since ?? (await findNow(sql))
      const figures = await replayAll(
        () => claimDeadLettersOf(sql, schema, fingerprint, begunAt, CLAIM_BATCH),
        groupMilliseconds,
      )
      const remaining = await countUntriedDeadLetters(sql, schema, fingerprint, begunAt)
      return { ...figures, remaining, since: begunAt }
    },

    async restoreDue() {
      const { replayed, failedAgain } = await replayAll(
        () => claimDueDeadLetters(sql, schema, MAX_RESTORE_ATTEMPTS, CLAIM_BATCH),
        RESTORE_MILLISECONDS,
      )
      return { restored: replayed, failedAgain }
    },
  }
}
