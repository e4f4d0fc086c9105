import type { Sql } from 'postgres'
import type { ListedRow } from '../follow/follow.queries.ts'
import { profileColumns } from '../profile/profile.queries.ts'

/** False when it stands already. */
export async function insertBlock(
  sql: Sql,
  blockerId: number,
  blockedId: number,
): Promise<boolean> {
  const rows =
    await sql`insert into member.block (blocker_id, blocked_id) values (${blockerId}, ${blockedId}) on conflict do nothing returning id`
  return rows.length === 1
}

export async function deleteBlock(
  sql: Sql,
  blockerId: number,
  blockedId: number,
): Promise<boolean> {
  const rows =
    await sql`delete from member.block where blocker_id = ${blockerId} and blocked_id = ${blockedId} returning id`
  return rows.length === 1
}

export async function insertMute(sql: Sql, muterId: number, mutedId: number): Promise<void> {
  await sql`insert into member.mute (muter_id, muted_id) values (${muterId}, ${mutedId}) on conflict do nothing`
}

export async function deleteMute(sql: Sql, muterId: number, mutedId: number): Promise<void> {
  await sql`delete from member.mute where muter_id = ${muterId} and muted_id = ${mutedId}`
}

interface ListPart {
  limit: number
  offset: number
  before: number | undefined
}

export const findBlocked = (
  sql: Sql,
  blockerId: number,
  { limit, offset, before }: ListPart,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, blockerId)}, b.id as place
    from member.block b join member.member m on m.id = b.blocked_id
    where b.blocker_id = ${blockerId} and m.withdrawn_at is null ${before === undefined ? sql`` : sql`and b.id < ${before}`}
    order by b.id desc limit ${limit} offset ${offset}`

export const findMuted = (
  sql: Sql,
  muterId: number,
  { limit, offset, before }: ListPart,
): Promise<ListedRow[]> =>
  sql<ListedRow[]>`
    select ${profileColumns(sql, muterId)}, b.id as place
    from member.mute b join member.member m on m.id = b.muted_id
    where b.muter_id = ${muterId} and m.withdrawn_at is null ${before === undefined ? sql`` : sql`and b.id < ${before}`}
    order by b.id desc limit ${limit} offset ${offset}`
