import type { Sql } from 'postgres'

/**
 * Rows written straight into member-svc's tables, for tests of another service without member-svc
 * beside it. Changes that member-svc publishes are also written into its outbox.
 */

/** Returns the id. */
export async function insertMember(
  sql: Sql,
  handle: string,
  fields: { privacyLevel?: string; withdrawn?: boolean } = {},
): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into member.member
      (email, member_name, handle, display_name, privacy_level, withdrawn_at)
    values (
      ${`${handle}@example.com`}, ${`Member ${handle}`}, ${handle}, ${handle},
      ${fields.privacyLevel ?? 'PUBLIC'}, ${fields.withdrawn === true ? new Date() : null}
    )
    returning id`
  return row.id
}

/** Inserts the row of member-svc's outbox by which other services receive a change. */
export async function insertMemberEvent(
  sql: Sql,
  type: string,
  memberId: number,
  targetId: number | null = null,
): Promise<void> {
  await sql`
    insert into member.outbox
      (activity_type, message_key, version, member_id, target_member_id, created_at, updated_at)
    values (${type}, ${`${type} of a test`}, 1, ${memberId}, ${targetId}, now(), now())`
}

export async function insertFollow(
  sql: Sql,
  followerId: number,
  followingId: number,
): Promise<void> {
  await sql`
    with added as (
      insert into member.follow (follower_id, following_id) values (${followerId}, ${followingId})
      on conflict do nothing returning following_id)
    update member.member set followers_count = followers_count + 1
    where id in (select following_id from added)`
  await insertMemberEvent(sql, 'MEMBER_FOLLOW', followerId, followingId)
}

export async function deleteFollow(
  sql: Sql,
  followerId: number,
  followingId: number,
): Promise<void> {
  await sql`
    with removed as (
      delete from member.follow
      where follower_id = ${followerId} and following_id = ${followingId} returning following_id)
    update member.member set followers_count = followers_count - 1
    where id in (select following_id from removed)`
  await insertMemberEvent(sql, 'MEMBER_UNFOLLOW', followerId, followingId)
}

export async function insertBlock(sql: Sql, blockerId: number, blockedId: number): Promise<void> {
  await sql`
    insert into member.block (blocker_id, blocked_id) values (${blockerId}, ${blockedId})
    on conflict do nothing`
  await insertMemberEvent(sql, 'MEMBER_BLOCK', blockerId, blockedId)
}

export async function deleteBlock(sql: Sql, blockerId: number, blockedId: number): Promise<void> {
  await sql`
    delete from member.block where blocker_id = ${blockerId} and blocked_id = ${blockedId}`
  await insertMemberEvent(sql, 'MEMBER_UNBLOCK', blockerId, blockedId)
}

export async function insertMute(sql: Sql, muterId: number, mutedId: number): Promise<void> {
  await sql`
    insert into member.mute (muter_id, muted_id) values (${muterId}, ${mutedId})
    on conflict do nothing`
  await insertMemberEvent(sql, 'MEMBER_MUTE', muterId, mutedId)
}
