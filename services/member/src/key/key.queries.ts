import type { JWK } from 'jose'
import type { Sql } from 'postgres'

export interface KeyRow {
  kid: string
  public_jwk: JWK
  /** Seconds since 1970; null while it signs or will. */
  accepted_until: number | null
}

/**
 * The key that signs, the one that will, and those that did. A retired one is listed for a day after its grace, so that
 * its tokens are known for ours: told to refresh rather than to log in again, and good enough to log out with.
 */
export const findPublishedKeys = (sql: Sql, graceSeconds: number): Promise<KeyRow[]> =>
  sql<KeyRow[]>`
    select kid, public_jwk, ceil(extract(epoch from retired_at) + ${graceSeconds})::float8 as accepted_until from member.jwt_key
    where state <> 'RETIRED' or retired_at > now() - ${graceSeconds} * interval '1 second' - interval '1 day'
    order by created_at`

export interface PrimaryKeyRow {
  kid: string
  private_key: Buffer
}

export async function findPrimaryKey(sql: Sql): Promise<PrimaryKeyRow | undefined> {
  const [row] = await sql<
    [PrimaryKeyRow?]
  >`select kid, private_key from member.jwt_key where state = 'PRIMARY'`
  return row
}

export interface NewKey {
  kid: string
  publicJwk: JWK
  privateKey: Buffer
}

/** False when somebody else's key signs already. */
export async function insertPrimaryKey(
  sql: Sql,
  { kid, publicJwk, privateKey }: NewKey,
): Promise<boolean> {
  const rows = await sql`
    insert into member.jwt_key (kid, state, public_jwk, private_key) values (${kid}, 'PRIMARY', ${sql.json(publicJwk as never)}, ${privateKey})
    on conflict (state) where state = 'PRIMARY' do nothing
    returning kid`
  return rows.length === 1
}

export async function insertNextKey(
  sql: Sql,
  { kid, publicJwk, privateKey }: NewKey,
): Promise<void> {
  await sql`insert into member.jwt_key (kid, state, public_jwk, private_key) values (${kid}, 'NEXT', ${sql.json(publicJwk as never)}, ${privateKey})`
}

/** One rotation at a time, over all instances, until the transaction ends. */
export async function lockRotation(sql: Sql): Promise<void> {
  await sql`select pg_advisory_xact_lock(7310005)`
}

/** The oldest key that has been published for at least so long, or undefined. */
export async function findRipeKey(sql: Sql, publishedSeconds: number): Promise<string | undefined> {
  const [row] = await sql<[{ kid: string }?]>`
    select kid from member.jwt_key where state = 'NEXT' and created_at <= now() - ${publishedSeconds} * interval '1 second'
    order by created_at limit 1`
  return row?.kid
}

export async function promote(sql: Sql, kid: string): Promise<void> {
  await sql`update member.jwt_key set state = 'RETIRED', retired_at = now() where state = 'PRIMARY'`
  await sql`update member.jwt_key set state = 'PRIMARY' where kid = ${kid}`
}

export async function countNextKeys(sql: Sql): Promise<number> {
  const [row] = await sql<
    [{ count: number }]
  >`select count(*)::int as count from member.jwt_key where state = 'NEXT'`
  return row.count
}

/** Those that are listed no more. */
export async function deleteOldKeys(sql: Sql, graceSeconds: number): Promise<number> {
  const rows = await sql`
    delete from member.jwt_key where state = 'RETIRED' and retired_at < now() - ${graceSeconds} * interval '1 second' - interval '1 day' returning kid`
  return rows.length
}
