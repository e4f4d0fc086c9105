import type { Sql } from 'postgres'

/**
 * The database's clock (milliseconds since 1970) if this holder has the lease now, for `seconds`: newly taken, renewed, or
 * inherited from a holder that let it expire. Undefined while another holder has it.
 */
export async function takeLease(
  sql: Sql,
  schema: string,
  holder: string,
  seconds: number,
): Promise<number | undefined> {
  const [row] = await sql<{ now: number }[]>`
    insert into ${sql(schema)}.outbox_lease as lease (shard, holder, expires_at)
    values (0, ${holder}, now() + ${seconds} * interval '1 second')
    on conflict (shard) do update set holder = excluded.holder, expires_at = excluded.expires_at
    where lease.holder = excluded.holder or lease.expires_at < now()
    returning (extract(epoch from now()) * 1000)::float8 as now`
  return row?.now
}

export async function releaseLease(sql: Sql, schema: string, holder: string): Promise<void> {
  await sql`delete from ${sql(schema)}.outbox_lease where holder = ${holder}`
}
