import type { Sql } from 'postgres'

/** A member straight in the table, for tests of a service without member-svc beside it. Returns the id. */
export async function insertMember(sql: Sql, handle: string, fields: { privacyLevel?: string; withdrawn?: boolean } = {}): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into member.member (email, member_name, handle, display_name, privacy_level, withdrawn_at)
    values (${`${handle}@example.com`}, ${`Member ${handle}`}, ${handle}, ${handle}, ${fields.privacyLevel ?? 'PUBLIC'}, ${fields.withdrawn === true ? new Date() : null})
    returning id`
  return row.id
}

export async function insertFollow(sql: Sql, followerId: number, followingId: number): Promise<void> {
  await sql`insert into member.follow (follower_id, following_id) values (${followerId}, ${followingId})`
}

export async function insertBlock(sql: Sql, blockerId: number, blockedId: number): Promise<void> {
  await sql`insert into member.block (blocker_id, blocked_id) values (${blockerId}, ${blockedId})`
}
