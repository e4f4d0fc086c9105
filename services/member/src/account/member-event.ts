import type { OutboxType } from '@dailyfeed/contract/event-registry'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'
import type { MemberContext } from '../context.ts'

/** Raises the member's version under its row lock, and leaves the event with it, in the transaction of what happened. */
export async function insertMemberEvent(
  { newEventOf }: Pick<MemberContext, 'newEventOf'>,
  sql: Sql,
  type: OutboxType,
  memberId: number,
  targetMemberId?: number,
): Promise<void> {
  const [row] = await sql<[{ version: number; now: Date }]>`
    update member.member set version = version + 1 where id = ${memberId} returning version, now() as now`
  const subject = { memberId, ...(targetMemberId === undefined ? {} : { targetMemberId }) }
  await insertEvents(sql, 'member', [
    {
      ...newEventOf(type, subject),
      ...subject,
      version: row.version,
      createdAt: row.now,
      updatedAt: row.now,
    },
  ])
}
