import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** The public part of an Ed25519 key: kty is OKP. */
export type PublicJwk = {
  kty: string
  crv: string
  x: string
}

export interface KeyRow {
  kid: string
  public_jwk: PublicJwk
  /** Seconds since 1970; null for a key that signs or will sign. */
  accepted_until: number | null
}

/**
 * The primary key, the next one and retired ones. A retired key stays listed for a day after its grace
 * period, so that verifiers still recognise its tokens: they ask for a refresh instead of a new login,
 * and accept the token for a logout.
 */
export const findPublishedKeys = (sql: Queryable, graceSeconds: number): Promise<KeyRow[]> =>
  sql<KeyRow[]>`
    select kid, public_jwk,
           ceil(extract(epoch from retired_at) + ${graceSeconds})::float8 as accepted_until
    from member.jwt_key
    where state <> 'RETIRED'
       or retired_at > now() - ${graceSeconds} * interval '1 second' - interval '1 day'
    order by created_at`

export interface PrimaryKeyRow {
  kid: string
  private_key: Buffer
}

export async function findPrimaryKey(sql: Queryable): Promise<PrimaryKeyRow | undefined> {
  const [row] = await sql<[PrimaryKeyRow?]>`
    select kid, private_key from member.jwt_key where state = 'PRIMARY'`
  return row
}

export interface NewKey {
  kid: string
  publicJwk: PublicJwk
  privateKey: Buffer
}

/** False when there is a primary key already. */
export async function insertPrimaryKey(
  sql: Queryable,
  { kid, publicJwk, privateKey }: NewKey,
): Promise<boolean> {
  const rows = await sql`
    insert into member.jwt_key (kid, state, public_jwk, private_key)
    values (${kid}, 'PRIMARY', ${sql.json(publicJwk)}, ${privateKey})
    on conflict (state) where state = 'PRIMARY' do nothing
    returning kid`
  return rows.length === 1
}

export async function insertNextKey(
  sql: Queryable,
  { kid, publicJwk, privateKey }: NewKey,
): Promise<void> {
  await sql`
    insert into member.jwt_key (kid, state, public_jwk, private_key)
    values (${kid}, 'NEXT', ${sql.json(publicJwk)}, ${privateKey})`
}

/** Holds off rotations of every instance until the transaction ends. */
export async function lockRotation(sql: Queryable): Promise<void> {
  await sql`select pg_advisory_xact_lock(7310005)`
}

/** The oldest next key that has been published for at least this long. */
export async function findRipeKey(
  sql: Queryable,
  publishedSeconds: number,
): Promise<string | undefined> {
  const [row] = await sql<[{ kid: string }?]>`
    select kid from member.jwt_key
    where state = 'NEXT' and created_at <= now() - ${publishedSeconds} * interval '1 second'
    order by created_at limit 1`
  return row?.kid
}

/** Makes this key the primary one, and retires the one before it. */
export async function promote(sql: Queryable, kid: string): Promise<void> {
  await sql`update member.jwt_key set state = 'RETIRED', retired_at = now() where state = 'PRIMARY'`
  await sql`update member.jwt_key set state = 'PRIMARY' where kid = ${kid}`
}

export async function countNextKeys(sql: Queryable): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from member.jwt_key where state = 'NEXT'`
  return row.count
}

/** Deletes retired keys that are no longer listed. Returns how many. */
export async function deleteOldKeys(sql: Queryable, graceSeconds: number): Promise<number> {
  const rows = await sql`
    delete from member.jwt_key
    where state = 'RETIRED'
      and retired_at < now() - ${graceSeconds} * interval '1 second' - interval '1 day'
    returning kid`
  return rows.length
}
