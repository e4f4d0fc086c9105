import { backoff } from '@dailyfeed/concurrency/backoff'
import { stopAtDeadline } from './stop-at-deadline.ts'
import postgres, { type PostgresType, type Sql } from 'postgres'

interface PoolOptions {
  url: string
  /** Maximum number of connections. */
  max: number
  /** The application name in `pg_stat_activity`. */
  name: string
  /** For services that only read: the server refuses every write of such a connection. */
  readOnly?: boolean
  /** Milliseconds after which the server cancels a statement. */
  statementTimeout?: number
  /** Milliseconds without data from the server after which a waiting connection is closed. */
  silenceTimeout?: number
}

/** `bigint` columns become numbers: every id and count of this product is below 2^53. */
const TYPES: Record<string, PostgresType> = {
  bigint: { to: 20, from: [20], parse: Number, serialize: String },
}

/** An option of the patched driver, which its types do not declare. */
const DEADLINES = { onquery: stopAtDeadline }

/** The server cancels a statement itself; if it has not done so this much later, it is gone. */
const SILENCE_MILLISECONDS = 5_000

/**
 * Opens a pool whose statements, locks and idle transactions all time out, also when the server
 * disappears without closing its connections (a power cut, a network that drops packets): TCP alone
 * would report that after fifteen minutes. A statement of a request also ends with the request's deadline. No connection
 * is opened before the first statement.
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
    types: TYPES,
    ...DEADLINES,
    connection: {
      application_name: name,
      statement_timeout: statementTimeout,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      ...(readOnly ? { default_transaction_read_only: true } : {}),
    },
    onnotice() {},
  })
}

/**
 * The delay before the next connection attempt, in seconds; `failures` counts from 0. The driver's
 * own delays grow to 20 s: the pool would stay empty long after the database is back.
 */
const reconnectDelayOf = (failures: number): number =>
  backoff(failures + 1, { first: 50, max: 1_000 }) / 1_000

/** Waits up to 5 s for statements in progress, then closes every connection. */
export const closePool = (pool: Sql): Promise<void> => pool.end({ timeout: 5 })
