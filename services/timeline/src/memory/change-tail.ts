import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import type { Sql } from 'postgres'
import { sharedByThoseWhoWait } from '../shared-by-those-who-wait.ts'
import { type ChangeRow, findChangesSince, findSettled } from './change.queries.ts'

export interface ChangeTail {
  /**
   * When it returns, every act that was committed before the call has been told to `apply`. Costs nothing where all
   * writers are of this process and none of them has written; else one look into the outboxes, shared by all who ask.
   */
  catchUp(): Promise<void> | undefined
}

interface ChangeTailOptions {
  sql: Sql
  /** Of the process in which all services run. Absent: every call looks. */
  signal: WriteSignal | undefined
  apply: (change: ChangeRow) => void
  /** Nothing that is remembered can be trusted: too long ago, or the first look. */
  forget: () => void
  /** All that is committed later than this moment of the database's clock, in milliseconds, will be told after this. */
  reached: (at: number) => void
  /** From where the first look should tell what was written; undefined: from now on. In milliseconds of the database's clock. */
  beginningAt: () => Promise<number | undefined>
}

/** What nobody signalled, as an operator's SQL or another process of ours, is seen after so long. */
const LOOKED_MILLISECONDS = 1_000
/** Beyond this it is cheaper to begin anew. */
const LONGEST_GAP_MILLISECONDS = 30_000
/** As far back as a first look goes. */
const LONGEST_BEGINNING_MILLISECONDS = 180_000

export function createChangeTail({
  sql,
  signal,
  apply,
  forget,
  reached,
  beginningAt,
}: ChangeTailOptions): ChangeTail {
  let settled: number | undefined
  /** The last look found that nothing had been committed since the one before. Then this one likely finds the same, for a fraction of the price. */
  let isStill = false
  let lookedAt = Number.NEGATIVE_INFINITY
  let seenWrites = -1

  const look = sharedByThoseWhoWait(async () => {
    const [writes, startedAt] = [signal?.count ?? 0, performance.now()]
    const gap = startedAt - lookedAt
    if (settled === undefined || gap > LONGEST_GAP_MILLISECONDS) await begin()
    else await goOn(settled, gap)
    seenWrites = writes
    lookedAt = startedAt
  })

  async function goOn(from: number, milliseconds: number): Promise<void> {
    if (isStill) {
      const now = await findSettled(sql)
      isStill = now.newest === from
      if (isStill) return reached(now.seen_at)
    }
    const row = await findChangesSince(sql, from, Math.ceil(milliseconds / 1_000))
    for (const change of row.changes) apply(change)
    isStill = row.newest === from
    settled = row.settled
    reached(row.seen_at)
  }

  async function begin(): Promise<void> {
    const beginning = await beginningAt()
    const now = await findSettled(sql)
    forget()
    const gap = beginning === undefined ? 0 : now.asked_at - beginning
    if (beginning === undefined || gap < 0 || gap > LONGEST_BEGINNING_MILLISECONDS) {
      settled = now.settled
      reached(now.seen_at)
    } else {
      reached(beginning)
      // Whatever the transaction: all that was written since.
      await goOn(0, gap + 1_000)
    }
  }

  return {
    catchUp() {
      const isCurrent =
        signal !== undefined &&
        signal.count === seenWrites &&
        performance.now() - lookedAt < LOOKED_MILLISECONDS
      return isCurrent ? undefined : look()
    },
  }
}
