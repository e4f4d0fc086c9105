import { readdir } from 'node:fs/promises'
import postgres, { type Sql } from 'postgres'
import { databaseObstacleIn } from './availability.ts'
import type { SchemaMigrations } from './migrate.ts'
import { MODULE_SCHEMAS, schemaOf } from './schema-folders.ts'

const UNDEFINED_TABLE = '42P01'
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * The database with the migrations that this release brings, for the start of a service. A database
 * that a later release has migrated already will do: migrations are compatible with the release before.
 */
export const databaseNeed = (sql: Sql, service: string) => ({
  name: 'database',
  async findObstacle() {
    let missing: string[] = []
    const obstacle = await databaseObstacleIn(async () => {
      missing = await findMissingMigrations(sql, [...MODULE_SCHEMAS, schemaOf(service)])
    })
    if (obstacle !== undefined || missing.length === 0) return obstacle
    return { sentence: sentenceFor(missing), isMisconfiguration: false }
  },
})

/** Names of the migrations in these folders that have not run, in their order. */
async function findMissingMigrations(
  sql: Sql,
  schemas: readonly SchemaMigrations[],
): Promise<string[]> {
  const wanted: string[] = []
  for (const { schema, folder } of schemas)
    for (const file of (await readdir(folder)).sort())
      if (file.endsWith('.sql')) wanted.push(`${schema}/${file}`)
  const ran = await findMigrations(sql)
  return wanted.filter((name) => !ran.has(name))
}

async function findMigrations(sql: Sql): Promise<Set<string>> {
  try {
    const rows = await sql<{ name: string }[]>`select name from public.migration`
    return new Set(rows.map(({ name }) => name))
  } catch (error) {
    // Before the first migration there is no table; one of an earlier release may not be read yet.
    const { code } = error instanceof postgres.PostgresError ? error : {}
    if (code === UNDEFINED_TABLE || code === INSUFFICIENT_PRIVILEGE) return new Set()
    throw error
  }
}

const sentenceFor = ([first, ...others]: readonly string[]) =>
  others.length === 0
    ? `the migration ${first} of this release has not run yet`
    : `the migration ${first} and ${others.length} more of this release have not run yet`
