import { findNow, type GroupReplay } from '@dailyfeed/dead-letter/group-replay'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import {
  claimDeadLetter,
  claimDeadLettersOf,
  claimDueDeadLetters,
  countUntriedDeadLetters,
  releaseDeadLetters,
} from './dead-letter-claim.queries.ts'
import { findDeadLetter } from './dead-letter.queries.ts'
import type { Listener } from './listener.ts'

interface DeadLetterReplayOptions {
  sql: Sql
  schema: string
  listener: Pick<Listener, 'replayDeadLetter'>
  /** A round ends soon after it, so that whoever asked over HTTP hears of its progress. */
  roundMilliseconds?: number
}

/** NOT_OPEN: it took effect, or was archived, before. IN_PROGRESS: another replay has it in hand. */
export type ReplayOutcome = 'REPLAYED' | 'FAILED_AGAIN' | 'NOT_OPEN' | 'IN_PROGRESS'

/** The handler run again on the bytes that were kept, by operators and by the job. Each dead letter is claimed first. */
export interface DeadLetterReplay {
  /** Undefined where there is no such dead letter. */
  replayOne(id: number): Promise<ReplayOutcome | undefined>
  /** Some of one cause; asked again with `since` until nothing remains. */
  replayRound(fingerprint: string, since?: string): Promise<GroupReplay>
  /** All that are due. */
  restoreDue(): Promise<{ restored: number; failedAgain: number }>
}

const MAX_RESTORE_ATTEMPTS = 12
const CLAIMED_AT_ONCE = 50
/** batch-svc gives up on an answer after 10 s. */
const ROUND_MILLISECONDS = 4_000
/** The next run comes in a minute. */
const RESTORE_MILLISECONDS = 45_000

export function createDeadLetterReplay({
  sql,
  schema,
  listener,
  roundMilliseconds = ROUND_MILLISECONDS,
}: DeadLetterReplayOptions): DeadLetterReplay {
  /** Claims and tries until nothing is claimed or the time is over. A fault that passes ends it; it throws where nothing was done before. */
  async function replayAll(
    claimSome: () => Promise<number[]>,
    milliseconds: number,
  ): Promise<{ replayed: number; failedAgain: number }> {
    const endsAt = performance.now() + milliseconds
    const done = { replayed: 0, failedAgain: 0 }
    while (performance.now() < endsAt) {
      const claimed = await claimSome()
      if (claimed.length === 0) break
      try {
        while (claimed[0] !== undefined && performance.now() < endsAt) {
          const outcome = await listener.replayDeadLetter(claimed[0])
          claimed.shift()
          if (outcome === 'REPLAYED') done.replayed += 1
          if (outcome === 'FAILED_AGAIN') done.failedAgain += 1
        }
      } catch (error) {
        if (!isTransientFault(error) || done.replayed + done.failedAgain === 0) throw error
        break
      } finally {
        // Where this fails too, the claims end by themselves.
        await releaseDeadLetters(sql, schema, claimed).catch(() => {})
      }
    }
    return done
  }

  return {
    async replayOne(id) {
      if (await claimDeadLetter(sql, schema, id)) {
        try {
          return await listener.replayDeadLetter(id)
        } catch (error) {
          await releaseDeadLetters(sql, schema, [id]).catch(() => {})
          throw error
        }
      }
      const letter = await findDeadLetter(sql, schema, id)
      if (letter === undefined) return undefined
      return letter.status === 'OPEN' ? 'IN_PROGRESS' : 'NOT_OPEN'
    },

    async replayRound(fingerprint, since) {
      const begunAt = since ?? (await findNow(sql))
      const done = await replayAll(
        () => claimDeadLettersOf(sql, schema, fingerprint, begunAt, CLAIMED_AT_ONCE),
        roundMilliseconds,
      )
      return {
        ...done,
        remaining: await countUntriedDeadLetters(sql, schema, fingerprint, begunAt),
        since: begunAt,
      }
    },

    async restoreDue() {
      const { replayed, failedAgain } = await replayAll(
        () => claimDueDeadLetters(sql, schema, MAX_RESTORE_ATTEMPTS, CLAIMED_AT_ONCE),
        RESTORE_MILLISECONDS,
      )
      return { restored: replayed, failedAgain }
    },
  }
}
