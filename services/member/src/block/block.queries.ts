import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ListedRow } from '../follow/follow.queries.ts'
import { profileColumns } from '../profile/profile.queries.ts'

/** False when the block exists already. */
export async function insertBlock(
  sql: Queryable,
  blockerId: number,
  blockedId: number,
): Promise<boolean> {
  const rows = await sql`
    insert into member.block (blocker_id, blocked_id) values (${blockerId}, ${blockedId})
    on conflict do nothing returning id`
  return rows.length === 1
}

/** False when there was no block. */
export async function deleteBlock(
  sql: Queryable,
  blockerId: number,
  blockedId: number,
): Promise<boolean> {
  const rows = await sql`
    delete from member.block where blocker_id = ${blockerId} and blocked_id = ${blockedId}
    returning id`
  return rows.length === 1
}

export async function insertMute(sql: Queryable, muterId: number, mutedId: number): Promise<void> {
  await sql`
    insert into member.mute (muter_id, muted_id) values (${muterId}, ${mutedId})
    on conflict do nothing`
}

export async function deleteMute(sql: Queryable, muterId: number, mutedId: number): Promise<void> {
  await sql`delete from member.mute where muter_id = ${muterId} and muted_id = ${mutedId}`
}

interface ListPage {
  limit: number
  offset: number
  /** The position of the last row of the page before. */
  before: number | undefined
}

/** Newest first. */
export const findBlocked = (
  sql: Queryable,
  blockerId: number,
  { limit, offset, before }: ListPage,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, blockerId)}, b.id as position
    from member.block b join member.member m on m.id = b.blocked_id
    where b.blocker_id = ${blockerId} and m.withdrawn_at is null
      ${before === undefined ? sql`` : sql`and b.id < ${before}`}
    order by b.id desc limit ${limit} offset ${offset}`

/** Newest first. */
export const findMuted = (
  sql: Queryable,
  muterId: number,
  { limit, offset, before }: ListPage,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, muterId)}, b.id as position
    from member.mute b join member.member m on m.id = b.muted_id
    where b.muter_id = ${muterId} and m.withdrawn_at is null
      ${before === undefined ? sql`` : sql`and b.id < ${before}`}
    order by b.id desc limit ${limit} offset ${offset}`
