import { deleteInBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/**
 * Members due for erasure, a day later than in the other services, so that each of those has had a whole
 * run before.
 */
export async function findMembersToErase(sql: Queryable): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select id from member.member where withdrawn_at < now() - interval '31 days' order by id`
  return rows.map(({ id }) => id)
}

/**
 * Deletes the follows between the member and at most `limit` other members, in both directions, and corrects the counts
 * of the others. Returns how many others there were.
 */
export async function eraseFollows(
  sql: Queryable,
  memberId: number,
  limit: number,
): Promise<number> {
  const { count } = await sql`
    with others as materialized (
      select id from member.member
      where id in (
        select following_id from member.follow where follower_id = ${memberId}
        union select follower_id from member.follow where following_id = ${memberId}
        limit ${limit})
      order by id for no key update
    ), followed as (
      delete from member.follow
      where follower_id = ${memberId} and following_id in (select id from others)
      returning following_id
    ), following as (
      delete from member.follow
      where following_id = ${memberId} and follower_id in (select id from others)
      returning follower_id
    )
    update member.member set
      followers_count = followers_count
        - case when id in (select following_id from followed) then 1 else 0 end,
      followings_count = followings_count
        - case when id in (select follower_id from following) then 1 else 0 end
    where id in (select id from others)`
  return count
}

/** Deletes the blocks and mutes by the member and of the member, of which there may be a million. */
export async function eraseRelations(sql: Queryable, memberId: number): Promise<void> {
  const either = (by: string, of: string) =>
    sql`(${sql(by)} = ${memberId} or ${sql(of)} = ${memberId})`
  await deleteInBatches(sql, 'member.block', either('blocker_id', 'blocked_id'))
  await deleteInBatches(sql, 'member.mute', either('muter_id', 'muted_id'))
}

/** Deletes everything else of the member. E-mail address and handle are free again. */
export async function eraseMember(sql: Queryable, memberId: number): Promise<void> {
  await sql`
    delete from member.jwt_blacklist
    where session_id in (select id from member.session where member_id = ${memberId})`
  await sql`delete from member.session where member_id = ${memberId}`
  await sql`select member.erase_audit(${memberId})`
  await sql`delete from member.member where id = ${memberId}`
}
