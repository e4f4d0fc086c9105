import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { isTransientFault } from './fault.ts'

export interface ReadDatabase {
  /**
   * Reads from the replica when it has replayed everything that was committed when this was called, so that members see
   * what they did a moment ago; else, and when the replica is away, from the primary.
   */
  read<T>(query: (sql: Sql) => Promise<T>): Promise<T>
}

interface ReadDatabaseOptions {
  primary: Sql
  /** Absent: every read goes to the primary. */
  replica?: Sql | undefined
  log: { warn(fields: object, message: string): void }
}

/** A healthy replica is a few milliseconds behind: waiting that long spares the primary a search. */
const WAITS_MILLISECONDS = [2, 5, 10, 20]
const AWAY_MILLISECONDS = 5_000
/** One that is further behind is not waited for again at once. */
const BEHIND_MILLISECONDS = 1_000

export function createReadDatabase({ primary, replica, log }: ReadDatabaseOptions): ReadDatabase {
  if (replica === undefined) return { read: (query) => query(primary) }
  let restsUntil = 0

  async function hasCaughtUp(replica: Sql): Promise<boolean> {
    const [{ position }] = await primary<
      [{ position: string }]
    >`select pg_current_wal_flush_lsn()::text as position`
    for (const wait of [0, ...WAITS_MILLISECONDS]) {
      if (wait > 0) await sleep(wait)
      const [row] = await replica<[{ reached: boolean }]>`
        select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= ${position}::pg_lsn as reached`
      if (row.reached) return true
    }
    return false
  }

  return {
    async read(query) {
      if (performance.now() < restsUntil) return query(primary)
      try {
        if (await hasCaughtUp(replica)) return await query(replica)
        restsUntil = performance.now() + BEHIND_MILLISECONDS
      } catch (error) {
        // What took too long there would take too long here.
        if (!isTransientFault(error) || isStatementTimeout(error)) throw error
        restsUntil = performance.now() + AWAY_MILLISECONDS
        log.warn({ err: error }, 'the replica is away; reads go to the primary')
      }
      return query(primary)
    },
  }
}

const isStatementTimeout = (error: unknown) =>
  error instanceof postgres.PostgresError && error.code === '57014'
