import postgres from 'postgres'

/** SQLSTATE classes of faults that pass by themselves: connection, transaction rollback, resources, operator, system. */
const TRANSIENT_CLASSES = new Set(['08', '25', '40', '53', '57', '58'])
const LOCK_NOT_AVAILABLE = '55P03'
const UNIQUE_VIOLATION = '23505'

/** Whether the same statement may succeed a moment later, unchanged. */
export function isTransientFault(error: unknown): boolean {
  if (error instanceof postgres.PostgresError)
    return TRANSIENT_CLASSES.has(error.code.slice(0, 2)) || error.code === LOCK_NOT_AVAILABLE
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  return /^(CONNECTION_|CONNECT_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)/.test(code)
}

/**
 * Whether PostgreSQL refused the statement for what it says, so that nothing of it is committed. Of a fault that passes, and
 * of one that ends the connection, nobody knows that: the statement may have been committed before.
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && error.severity === 'ERROR' && !isTransientFault(error)

/** Whether the constraint of this name refused a second row. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  error instanceof postgres.PostgresError &&
  error.code === UNIQUE_VIOLATION &&
  (constraint === undefined || error.constraint_name === constraint)
