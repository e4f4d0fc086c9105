import type { Queryable } from './queryable.ts'

/**
 * Creates the table of applied migrations, and completes that of an earlier release: with the
 * checksum, and with the right to read it, since each service compares it with its own release when
 * it starts. A table that is up to date is not locked.
 */
export async function ensureRecordTable(sql: Queryable): Promise<void> {
  const [{ columns, isReadable }] = await sql<[{ columns: string[]; isReadable: boolean | null }]>`
    select coalesce(array_agg(column_name::text), '{}') as columns,
           has_table_privilege('public', to_regclass('public.migration'), 'select') as "isReadable"
      from information_schema.columns
     where table_schema = 'public' and table_name = 'migration'`
  if (!columns.includes('checksum')) {
    await sql`
      create table if not exists public.migration (
        name text primary key, run_at timestamptz not null default now()
      )`
    await sql`alter table public.migration add column if not exists checksum text`
  }
  if (isReadable !== true) await sql`grant select on public.migration to public`
}

/** Checksums of the applied migrations by name; null where an earlier release stored none. */
export async function findApplied(sql: Queryable): Promise<Map<string, string | null>> {
  const rows = await sql<{ name: string; checksum: string | null }[]>`
    select name, checksum from public.migration`
  return new Map(rows.map(({ name, checksum }) => [name, checksum]))
}

export const isApplied = async (sql: Queryable, name: string): Promise<boolean> =>
  (await sql`select from public.migration where name = ${name}`).length > 0

export async function insertApplied(
  sql: Queryable,
  { name, checksum }: { name: string; checksum: string },
): Promise<void> {
  await sql`insert into public.migration (name, checksum) values (${name}, ${checksum})`
}

/** Completes the record of a migration that an earlier release applied. */
export async function setChecksum(
  sql: Queryable,
  { name, checksum }: { name: string; checksum: string },
): Promise<void> {
  await sql`
    update public.migration set checksum = ${checksum} where name = ${name} and checksum is null`
}
