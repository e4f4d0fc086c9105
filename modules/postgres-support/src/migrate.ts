import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { Umzug } from 'umzug'

/** One advisory lock for all schemas, so that the migrations of two releases never overlap. */
const MIGRATION_LOCK = 7_310_001

/** A schema and the folder of plain SQL files that create it, in the order of their names. */
export interface SchemaMigrations {
  schema: string
  folder: string
}

/**
 * Runs the migrations that have not run yet, each file in its own transaction. Returns the names of
 * the files that it ran.
 */
export async function migrate(
  ownerUrl: string,
  schemas: readonly SchemaMigrations[],
): Promise<string[]> {
  const sql = postgres(ownerUrl, {
    max: 1,
    connection: { lock_timeout: 60_000, application_name: 'migrations' },
    onnotice() {},
  })
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`
    await sql`
      create table if not exists public.migration (
        name text primary key, run_at timestamptz not null default now()
      )`
    // Each service compares it with its own release when it starts.
    await sql`grant select on public.migration to public`
    const ran: string[] = []
    for (const { schema, folder } of schemas)
      ran.push(...(await migrateSchema(sql, schema, folder)))
    return ran
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function migrateSchema(sql: Sql, schema: string, folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const umzug = new Umzug({
    logger: undefined,
    migrations: files.map((file) => ({
      name: `${schema}/${file}`,
      up: async () => {
        const text = await readFile(join(folder, file), 'utf8')
        await sql.begin((transaction) => transaction.unsafe(text))
      },
    })),
    storage: {
      executed: async () =>
        (await sql<{ name: string }[]>`select name from public.migration`).map(({ name }) => name),
      logMigration: async ({ name }) =>
        void (await sql`insert into public.migration (name) values (${name})`),
      unlogMigration: async ({ name }) =>
        void (await sql`delete from public.migration where name = ${name}`),
    },
  })
  return (await umzug.up()).map(({ name }) => name)
}
