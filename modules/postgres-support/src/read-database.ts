import { setTimeout as sleep } from 'node:timers/promises'
import { DeadlinePassedError } from '@dailyfeed/concurrency/request-deadline'
import postgres, { type Sql } from 'postgres'
import { isTransientFault } from './fault.ts'

export interface ReadDatabase {
  /**
   * Runs the query on the replica if it has replayed everything that was committed before this
   * call, so that members see their own writes; otherwise, and when the replica is unreachable, on
   * the primary.
   */
  read<T>(query: (sql: Sql) => Promise<T>): Promise<T>
}

interface ReadDatabaseOptions {
  primary: Sql
  /** When absent, every query runs on the primary. */
  replica?: Sql | undefined
  log: { warn(fields: object, message: string): void }
}

/** A healthy replica lags by a few milliseconds: waiting for it saves the primary a query. */
const CATCH_UP_WAITS_MILLISECONDS = [0, 2, 5, 10, 20]
/** During a cooldown every read goes to the primary at once. */
const UNREACHABLE_COOLDOWN_MILLISECONDS = 5_000
const LAGGING_COOLDOWN_MILLISECONDS = 1_000

export function createReadDatabase({ primary, replica, log }: ReadDatabaseOptions): ReadDatabase {
  if (replica === undefined) return { read: (query) => query(primary) }
  let cooldownUntil = 0

  return {
    async read(query) {
      if (performance.now() < cooldownUntil) return query(primary)
      try {
        if (await hasCaughtUp(primary, replica)) return await query(replica)
        cooldownUntil = performance.now() + LAGGING_COOLDOWN_MILLISECONDS
      } catch (error) {
        // A query that timed out on the replica would also time out on the primary.
        if (!isTransientFault(error) || isStatementTimeout(error)) throw error
        cooldownUntil = performance.now() + UNREACHABLE_COOLDOWN_MILLISECONDS
        log.warn(
          { err: error },
          `replica unreachable; the primary serves all reads for ${UNREACHABLE_COOLDOWN_MILLISECONDS / 1_000} s`,
        )
      }
      return query(primary)
    },
  }
}

/** Returns whether the replica replays, within 37 ms, what the primary has committed by now. */
async function hasCaughtUp(primary: Sql, replica: Sql): Promise<boolean> {
  const [{ position }] = await primary<[{ position: string }]>`
    select pg_current_wal_flush_lsn()::text as position`
  for (const wait of CATCH_UP_WAITS_MILLISECONDS) {
    if (wait > 0) await sleep(wait)
    const [row] = await replica<[{ reached: boolean }]>`
      select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= ${position}::pg_lsn as reached`
    if (row.reached) return true
  }
  return false
}

const isStatementTimeout = (error: unknown) =>
  error instanceof DeadlinePassedError ||
  (error instanceof postgres.PostgresError && error.code === '57014')
