import { DeadlinePassedError } from '@dailyfeed/concurrency/request-deadline'
import postgres from 'postgres'

/**
 * SQLSTATE classes of errors that may disappear without a change of the statement: connection,
 * transaction state, transaction rollback, resources, operator intervention, system.
 */
const TRANSIENT_CLASSES = new Set(['08', '25', '40', '53', '57', '58'])
const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'
const OUT_OF_MEMORY = '53200'
/** The SQLSTATE class of statements that exceed a limit of the server. */
const PROGRAM_LIMIT_CLASS = '54'
const UNIQUE_VIOLATION = '23505'
const CONNECTION_FAULT =
  /^(CONNECTION_|CONNECT_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/

/** Work that was ended at its time limit, with its parts so far committed: the next call continues it. */
export class UnfinishedWorkError extends Error {
  override name = 'UnfinishedWorkError'
}

/** Returns whether the same statement may succeed a moment later. */
export function isTransientFault(error: unknown): boolean {
  if (error instanceof UnfinishedWorkError) return true
  if (error instanceof postgres.PostgresError)
    return TRANSIENT_CLASSES.has(error.code.slice(0, 2)) || error.code === LOCK_NOT_AVAILABLE
  if (error instanceof DeadlinePassedError) return true
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    CONNECTION_FAULT.test(error.code)
  )
}

/** `disk_full` and `read_only_sql_transaction`. */
const REFUSED_WRITES = new Set(['53100', '25006'])

/** Returns whether the database can only be read at the moment, so that nothing was written. */
export const isWriteRefused = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && REFUSED_WRITES.has(error.code)

/** Returns whether a statement waited for a lock for longer than `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && error.code === LOCK_NOT_AVAILABLE

/**
 * Returns whether one statement had too much to do: it exceeded its time limit, the memory or another limit of the
 * server. The same statement would fail again for ever, but one with fewer rows may succeed.
 */
export const isExcessiveWork = (error: unknown): boolean =>
  error instanceof postgres.PostgresError &&
  (error.code === QUERY_CANCELED ||
    error.code === OUT_OF_MEMORY ||
    error.code.startsWith(PROGRAM_LIMIT_CLASS))

/**
 * Returns whether PostgreSQL rejected the statement because of its content, so that none of it is
 * committed. After a transient fault or a lost connection it may have been committed.
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && error.severity === 'ERROR' && !isTransientFault(error)

/** Returns whether the error is a duplicate row, of the named constraint or of any. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  error instanceof postgres.PostgresError &&
  error.code === UNIQUE_VIOLATION &&
  (constraint === undefined || error.constraint_name === constraint)
