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
  /** For statements whose tables are large and whose estimates are poor: an index is used wherever there is one. */
  avoidSequentialScans?: boolean
  /** Milliseconds after which the server cancels a statement. */
  statementTimeout?: number
  /** Milliseconds for which a statement waits for a connection. */
  queueTimeout?: number | undefined
  /** Statements that wait for a connection at once; the next one fails. */
  maxQueued?: number
  /** Milliseconds without data from the server after which a waiting connection is closed. */
  silenceTimeout?: number
}

/** `bigint` columns become numbers: every id and count of this product is below 2^53. */
const TYPES: Record<string, PostgresType> = {
  bigint: { to: 20, from: [20], parse: Number, serialize: String },
}

/**
 * Statements that wait for a connection beside those that are sent ahead on busy ones (100 each). More would not be
 * answered within `queueTimeout` anyway.
 */
const MAX_QUEUED = 1_000
/** Milliseconds: a client waits this long for a page, and tries again after a 503. */
const QUEUE_TIMEOUT = 2_000

/** Options of the patched driver, which its types do not declare. Times are in milliseconds. */
const patchedOptions = (options: { maxQueued: number; queueTimeout: number }) => ({
  onquery: stopAtDeadline,
  max_queue: options.maxQueued,
  queue_timeout: options.queueTimeout / 1_000,
})

/** The server cancels a statement itself; if it has not done so this much later, it is gone. */
const SILENCE_MILLISECONDS = 5_000

/**
 * Opens a pool whose statements, locks and idle transactions all time out, also when the server
 * disappears without closing its connections (a power cut, a network that drops packets): TCP alone
 * would report that after fifteen minutes. A statement that waits too long for a connection, or in
 * too long a queue, fails without having been sent (`CONNECTION_QUEUE_TIMEOUT`,
 * `CONNECTION_QUEUE_FULL`). A statement of a request also ends with the request's deadline. No
 * connection is opened before the first statement.
 */
export function openPool({
  url,
  max,
  name,
  readOnly = false,
  avoidSequentialScans = false,
  statementTimeout = 10_000,
  queueTimeout = QUEUE_TIMEOUT,
  maxQueued = MAX_QUEUED,
  silenceTimeout = statementTimeout + SILENCE_MILLISECONDS,
}: PoolOptions): Sql {
  return postgres(url, {
    max,
    idle_timeout: 30,
    connect_timeout: 5,
    silence_timeout: silenceTimeout / 1_000,
    backoff: reconnectDelayOf,
    types: TYPES,
    ...patchedOptions({ maxQueued, queueTimeout }),
    connection: {
      application_name: name,
      statement_timeout: statementTimeout,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      ...(avoidSequentialScans ? { enable_seqscan: 'off' } : {}),
      ...(readOnly ? { default_transaction_read_only: true } : {}),
    },
    onnotice() {},
  })
}

/** The settings of a service's pools. */
interface DatabaseConfig {
  DATABASE_URL: string
  DATABASE_POOL_MAX: number
  DATABASE_QUEUE_TIMEOUT_MILLISECONDS: number
}

/** Opens a pool on the primary as a service is configured. */
export const openConfiguredPool = (config: DatabaseConfig, name: string): Sql =>
  openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    queueTimeout: config.DATABASE_QUEUE_TIMEOUT_MILLISECONDS,
    name,
  })

/**
 * The delay before the next connection attempt, in seconds; `failures` counts from 0. The driver's
 * own delays grow to 20 s: the pool would stay empty long after the database is back.
 */
const reconnectDelayOf = (failures: number): number =>
  backoff(failures + 1, { first: 50, max: 1_000 }) / 1_000

/** Waits up to 5 s for statements in progress, then closes every connection. */
export const closePool = (pool: Sql): Promise<void> => pool.end({ timeout: 5 })
