import type { ISql, Sql, TransactionSql } from 'postgres'

/** Anything that sends statements: a pool, or one of its transactions. */
export type Queryable = ISql

/**
 * Runs `work` in one transaction and returns its outcome; an error rolls back and is thrown. Inside a transaction it is a
 * savepoint, so that a service's function works alone and as part of a larger write.
 */
export async function inTransaction<Outcome>(
  sql: Queryable,
  work: (transaction: Queryable) => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = isTransaction(sql) ? await sql.savepoint(work) : await (sql as Sql).begin(work)
  return outcome as Outcome
}

const isTransaction = (sql: Queryable): sql is TransactionSql => 'savepoint' in sql

/** Ids as the parameter of `= any (${anyOf(ids)}::bigint[])`. The driver's types want an array that it could change; it does not. */
export const anyOf = (ids: readonly number[]): number[] => ids as number[]
