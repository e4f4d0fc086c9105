import postgres, { type Sql } from 'postgres'
import { isLockTimeout, isTransientFault } from './fault.ts'
import { type Migration, readMigrations, type SchemaMigrations } from './migration-files.ts'
import {
  ensureRecordTable,
  findApplied,
  insertApplied,
  isApplied,
  setChecksum,
} from './migration-record.queries.ts'
import type { Queryable } from './queryable.ts'

export type { SchemaMigrations } from './migration-files.ts'

/** One advisory lock for all schemas, so that the migrations of two releases never overlap. */
const MIGRATION_LOCK = 7_310_001
const WAIT_SECONDS = 60

/** A migration cannot run; the message says which one, why, and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

interface MigrateOptions {
  /** Receives one line when another run has to be awaited. */
  say?: (line: string) => void
  /** How long to wait for another run, and for each lock of a migration. */
  waitSeconds?: number
}

/**
 * Runs the migrations that have not run yet. Each file and the record of its name commit in one
 * transaction, so that a run that is cut at any moment can be repeated; runs at the same time wait
 * for each other. Returns the names of the files that it ran. Throws a MigrationError.
 */
export async function migrate(
  ownerUrl: string,
  schemas: readonly SchemaMigrations[],
  { say = () => {}, waitSeconds = WAIT_SECONDS }: MigrateOptions = {},
): Promise<string[]> {
  const migrations = await readMigrations(schemas)
  const sql = postgres(ownerUrl, {
    max: 1,
    connection: { application_name: 'migrations' },
    onnotice() {},
  })
  const run: Run = { sql, say, waitSeconds }
  try {
    const applied = await locked(run, async (transaction) => {
      await ensureRecordTable(transaction)
      const known = await findApplied(transaction)
      for (const migration of migrations) await checkUnchangedOrThrow(transaction, migration, known)
      return known
    })
    const ran: string[] = []
    for (const migration of migrations)
      if (!applied.has(migration.name) && (await apply(run, migration))) ran.push(migration.name)
    return ran
  } finally {
    await sql.end({ timeout: 5 })
  }
}

interface Run {
  sql: Sql
  say: (line: string) => void
  waitSeconds: number
}

/**
 * Runs `work` in a transaction that holds the lock. A lock of the session would be lost with the
 * connection, and the driver, which reconnects, would go on without it. The transaction may write
 * also where the default is to read only.
 */
async function locked<Outcome>(
  { sql, say, waitSeconds }: Run,
  work: (transaction: Queryable) => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await sql.begin('read write', async (transaction) => {
    await limitWaits(transaction, waitSeconds)
    await lockOrThrow(transaction, say, waitSeconds)
    return work(transaction)
  })
  return outcome as Outcome
}

/**
 * Bounds each wait for a lock. A client that has disappeared ends its transaction, and with it its
 * lock: at once where its connection is closed, after the wait where it is only silent.
 */
async function limitWaits(transaction: Queryable, waitSeconds: number): Promise<void> {
  const wait = String(Math.ceil(waitSeconds * 1_000))
  await transaction`
    select set_config('lock_timeout', ${wait}, true),
           set_config('idle_in_transaction_session_timeout', ${wait}, true),
           set_config('client_connection_check_interval', '1000', true),
           set_config('statement_timeout', '0', true)`
}

async function lockOrThrow(
  transaction: Queryable,
  say: (line: string) => void,
  waitSeconds: number,
): Promise<void> {
  const [{ isFree }] = await transaction<[{ isFree: boolean }]>`
    select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as "isFree"`
  if (isFree) return
  say(`migrations: another run holds the lock; waiting up to ${waitSeconds} s for it`)
  try {
    await transaction`select pg_advisory_xact_lock(${MIGRATION_LOCK})`
  } catch (error) {
    if (!isLockTimeout(error)) throw error
    throw new MigrationError(
      `migrations: another run has held the lock for ${waitSeconds} s; wait for its end, or end its session ('migrations' in pg_stat_activity), and try again`,
      { cause: error },
    )
  }
}

/** Returns false when another run has applied the migration in the meantime. */
async function apply(run: Run, migration: Migration): Promise<boolean> {
  try {
    return await locked(run, async (transaction) => {
      if (await isApplied(transaction, migration.name)) return false
      await transaction.unsafe(migration.text)
      await insertApplied(transaction, migration)
      return true
    })
  } catch (error) {
    if (error instanceof MigrationError) throw error
    throw new MigrationError(failureOf(migration, error), { cause: error })
  }
}

function failureOf({ name }: Migration, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (isLockTimeout(error))
    return `migration ${name} waited too long for a lock and was rolled back (${reason}); run the migrations again when the database is less busy`
  if (isTransientFault(error))
    return `migration ${name} was interrupted (${reason}); it is applied as a whole or not at all: run the migrations again`
  return `migration ${name} failed and was rolled back: ${reason}`
}

async function checkUnchangedOrThrow(
  transaction: Queryable,
  migration: Migration,
  applied: ReadonlyMap<string, string | null>,
): Promise<void> {
  const checksum = applied.get(migration.name)
  if (checksum === null) await setChecksum(transaction, migration)
  else if (checksum !== undefined && checksum !== migration.checksum)
    throw new MigrationError(
      `migration ${migration.name} was changed after it had been applied; restore the file and put the change into a new one, or start with an empty database`,
    )
}
