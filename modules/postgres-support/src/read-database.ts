import { setTimeout as sleep } from 'node:timers/promises'
import { withDeadline } from '@dailyfeed/concurrency/deadline'
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
/** A replica that does not report its position within this time is paused, or unreachable. */
const POSITION_MILLISECONDS = 1_000
/** Longer than any query of a feed or a search takes on a replica that works. */
const QUERY_MILLISECONDS = 5_000
/** During a cooldown every read goes to the primary at once. */
const UNREACHABLE_COOLDOWN_MILLISECONDS = 5_000
const LAGGING_COOLDOWN_MILLISECONDS = 1_000

export const createReadDatabase = ({ primary, replica, log }: ReadDatabaseOptions): ReadDatabase =>
  replica === undefined
    ? { read: (query) => query(primary) }
    : new ReplicaOrPrimary(primary, replica, log)

/** The replica has not answered in time. */
class SilentReplicaError extends Error {
  override name = 'SilentReplicaError'
  readonly code = 'CONNECTION_SILENT'
}

class ReplicaOrPrimary implements ReadDatabase {
  readonly #primary: Sql
  readonly #replica: Sql
  readonly #log: ReadDatabaseOptions['log']
  #cooldownUntil = 0
  /** After a failure one read at a time tries the replica, and the others do not wait for it. */
  #isSuspected = false
  #isTrying = false

  constructor(primary: Sql, replica: Sql, log: ReadDatabaseOptions['log']) {
    this.#primary = primary
    this.#replica = replica
    this.#log = log
  }

  async read<T>(query: (sql: Sql) => Promise<T>): Promise<T> {
    if (performance.now() < this.#cooldownUntil || (this.#isSuspected && this.#isTrying))
      return query(this.#primary)
    this.#isTrying = true
    try {
      if (await hasCaughtUp(this.#primary, this.#replica)) {
        const rows = await inTime(query(this.#replica), QUERY_MILLISECONDS)
        this.#isSuspected = false
        return rows
      }
      this.#cooldownUntil = performance.now() + LAGGING_COOLDOWN_MILLISECONDS
    } catch (error) {
      // A query that timed out on the replica would also time out on the primary.
      if (!isTransientFault(error) || isStatementTimeout(error)) throw error
      this.#isSuspected = true
      this.#cooldownUntil = performance.now() + UNREACHABLE_COOLDOWN_MILLISECONDS
      this.#log.warn(
        { err: error },
        `replica unreachable; the primary serves all reads for ${UNREACHABLE_COOLDOWN_MILLISECONDS / 1_000} s`,
      )
    } finally {
      this.#isTrying = false
    }
    return query(this.#primary)
  }
}

const inTime = <T>(work: Promise<T>, milliseconds: number): Promise<T> =>
  withDeadline(
    work,
    milliseconds,
    () => new SilentReplicaError(`the replica has not answered for ${milliseconds} ms`),
  )

/** Returns whether the replica replays, within 37 ms, what the primary has committed by now. */
async function hasCaughtUp(primary: Sql, replica: Sql): Promise<boolean> {
  const [{ position }] = await primary<[{ position: string }]>`
    select pg_current_wal_flush_lsn()::text as position`
  for (const wait of CATCH_UP_WAITS_MILLISECONDS) {
    if (wait > 0) await sleep(wait)
    const [row] = await inTime(
      replica<[{ reached: boolean }]>`
        select not pg_is_in_recovery()
            or pg_last_wal_replay_lsn() >= ${position}::pg_lsn as reached`,
      POSITION_MILLISECONDS,
    )
    if (row.reached) return true
  }
  return false
}

const isStatementTimeout = (error: unknown) =>
  error instanceof DeadlinePassedError ||
  (error instanceof postgres.PostgresError && error.code === '57014')
