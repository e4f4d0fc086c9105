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
}

/** bigint becomes a number: every id and count of ours is below 2^53. */
const BIGINT = { to: 20, from: [20], parse: Number, serialize: String }

/** A pool whose every statement, lock and idle transaction has an end. Opens no connection before it is used. */
export function openPool({ url, max, name, readOnly = false, statementTimeout = 10_000 }: PoolOptions): Sql {
  return postgres(url, {
    max,
    idle_timeout: 30,
    connect_timeout: 5,
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
const reconnectDelayOf = (failures: number): number => Math.min(1, 0.05 * 2 ** failures) * (0.5 + Math.random() / 2)
