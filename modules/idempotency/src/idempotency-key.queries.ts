import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** How long the first answer is returned again; the HTTP contract promises it. */
const KEPT_HOURS = 24

/** The owner of a key that a member sent. */
export const ownerOf = (memberId: number): string => `member:${memberId}`

/** A key with the hash of the request that came with it. */
export interface KeyClaim {
  owner: string
  key: string
  fingerprint: Buffer
}

/**
 * Whether the key belongs to this transaction now. While another transaction holds it, the statement waits for the end of
 * that transaction; after a rollback the key is free. An expired key counts as free.
 */
export async function claimKey(
  sql: Queryable,
  schema: string,
  { owner, key, fingerprint }: KeyClaim,
): Promise<boolean> {
  const rows = await sql`
    insert into ${sql(schema)}.idempotency_key as kept (owner, key, fingerprint)
    values (${owner}, ${key}, ${fingerprint})
    on conflict (owner, key) do update set fingerprint = excluded.fingerprint, answer = null, created_at = now()
      where kept.created_at < now() - make_interval(hours => ${KEPT_HOURS})
    returning key`
  return rows.length === 1
}

export interface KeyRow {
  fingerprint: Buffer
  answer: string
}

/** Undefined for an expired key, too. */
export async function findKey(
  sql: Queryable,
  schema: string,
  owner: string,
  key: string,
): Promise<KeyRow | undefined> {
  const [row] = await sql<[KeyRow?]>`
    select fingerprint, answer from ${sql(schema)}.idempotency_key
    where owner = ${owner} and key = ${key}
      and created_at >= now() - make_interval(hours => ${KEPT_HOURS})`
  return row
}

export async function saveAnswer(
  sql: Queryable,
  schema: string,
  { owner, key }: KeyClaim,
  answer: string,
): Promise<void> {
  await sql`
    update ${sql(schema)}.idempotency_key set answer = ${answer}
    where owner = ${owner} and key = ${key}`
}

/** Part of erasing members. */
export async function deleteKeysOf(
  sql: Queryable,
  schema: string,
  memberIds: readonly number[],
): Promise<void> {
  await sql`
    delete from ${sql(schema)}.idempotency_key where owner = any (${memberIds.map(ownerOf)})`
}

/** Keys that one statement deletes: all of a busy day would exceed its time limit. */
const DELETED_AT_ONCE = 1_000

/** Returns the number of expired keys that were deleted. */
export const deleteOldKeys = (sql: Queryable, schema: string): Promise<number> =>
  inBoundedBatches(
    async (limit) => {
      const { count } = await sql`
        delete from ${sql(schema)}.idempotency_key where (owner, key) in (
          select owner, key from ${sql(schema)}.idempotency_key
          where created_at < now() - make_interval(hours => ${KEPT_HOURS})
          order by created_at limit ${limit})`
      return count
    },
    { batch: DELETED_AT_ONCE, milliseconds: Number.POSITIVE_INFINITY },
  )
