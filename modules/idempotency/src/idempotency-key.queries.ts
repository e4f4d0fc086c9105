import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** How long an answer is given again, as the contract says. */
const KEPT_HOURS = 24

/** Whose key it is, where a member asks. */
export const ownerOf = (memberId: number): string => `member:${memberId}`

interface Claim {
  owner: string
  key: string
  fingerprint: Buffer
}

/**
 * Whether the key is now this transaction's. While another transaction holds it, this waits for its end: a rollback there
 * leaves the key free. A key that is older than a day is as good as none.
 */
export async function claimKey(
  sql: Queryable,
  schema: string,
  { owner, key, fingerprint }: Claim,
): Promise<boolean> {
  const rows = await sql`
    insert into ${sql(schema)}.idempotency_key as kept (owner, key, fingerprint) values (${owner}, ${key}, ${fingerprint})
    on conflict (owner, key) do update set fingerprint = excluded.fingerprint, answer = null, created_at = now()
      where kept.created_at < now() - make_interval(hours => ${KEPT_HOURS})
    returning key`
  return rows.length === 1
}

export interface KeyRow {
  fingerprint: Buffer
  answer: string
}

export async function findKey(
  sql: Queryable,
  schema: string,
  owner: string,
  key: string,
): Promise<KeyRow | undefined> {
  const [row] = await sql<
    [KeyRow?]
  >`select fingerprint, answer from ${sql(schema)}.idempotency_key where owner = ${owner} and key = ${key}`
  return row
}

export async function keepAnswer(
  sql: Queryable,
  schema: string,
  owner: string,
  key: string,
  answer: string,
): Promise<void> {
  await sql`update ${sql(schema)}.idempotency_key set answer = ${answer} where owner = ${owner} and key = ${key}`
}

/** For members who are being erased. */
export async function deleteKeysOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<void> {
  await sql`delete from ${sql(schema)}.idempotency_key where owner = any (${memberIds.map(ownerOf)})`
}

export async function deleteOldKeys(sql: Queryable, schema: string): Promise<number> {
  const { count } =
    await sql`delete from ${sql(schema)}.idempotency_key where created_at < now() - make_interval(hours => ${KEPT_HOURS})`
  return count
}
