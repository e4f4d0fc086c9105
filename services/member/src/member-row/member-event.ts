import type { OutboxType } from '@dailyfeed/contract/event-registry'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'

/**
 * Increments the member's version, which locks the row, and inserts the event with that version. Call
 * it in the transaction of the change that the event reports.
 */
export async function insertMemberEvent(
  { newEventOf }: Pick<MemberContext, 'newEventOf'>,
  sql: Queryable,
  type: OutboxType,
  memberId: number,
  targetMemberId?: number,
): Promise<void> {
  const [row] = await sql<[{ version: number; now: Date }]>`
    update member.member set version = version + 1 where id = ${memberId}
    returning version, now() as now`
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
