import postgres, { type Sql } from 'postgres'

interface PoolOptions {
  url: string
  /** Connections at most. */
  max: number
  /** Shown in pg_stat_activity. */
  name: string
  /** For a read group: a write is refused by the server, whatever the code does. */
  readOnly?: boolean
  /** Milliseconds that a statement may take. */
  statementTimeout?: number
  /** Milliseconds without a word from the server after which a connection that waits for its answer is given up. */
  silenceTimeout?: number
}

/** bigint becomes a number: every id and count of ours is below 2^53. */
const BIGINT = { to: 20, from: [20], parse: Number, serialize: String }

/** The server ends a statement by itself; after so much more it is no longer there to do it. */
const SILENCE_MILLISECONDS = 5_000

/**
 * A pool whose every statement, lock and idle transaction has an end, also where the server is gone without a word (its
 * machine lost its power, a network drops its packets): TCP alone would find that out after a quarter of an hour. Opens no
 * connection before it is used.
 */
export function openPool({
  url,
  max,
  name,
  readOnly = false,
  statementTimeout = 10_000,
  silenceTimeout = statementTimeout + SILENCE_MILLISECONDS,
}: PoolOptions): Sql {
  return postgres(url, {
    max,
    idle_timeout: 30,
    connect_timeout: 5,
    silence_timeout: silenceTimeout / 1_000,
    backoff: reconnectDelayOf,
    types: { bigint: BIGINT },
    connection: {
      application_name: name,
      statement_timeout: statementTimeout,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      ...(readOnly ? { default_transaction_read_only: true } : {}),
    },
    onnotice() {},
  }) as unknown as Sql
}

/** Seconds. The driver's own go up to 20: the database would be back for long, and the pool still empty. */
const reconnectDelayOf = (failures: number): number =>
  Math.min(1, 0.05 * 2 ** failures) * (0.5 + Math.random() / 2)

/** Waits up to 5 s for statements in progress, then closes every connection. */
export const closePool = (pool: Sql): Promise<void> => pool.end({ timeout: 5 })
