import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { recordKeyOf } from './record-key.ts'
import type { NewRecord } from './record.queries.ts'

export function toNewRecord(event: MemberActivityEvent): NewRecord {
  const createdAt = Date.parse(event.createdAt)
  // The three times are usually equal, so most dates are parsed once.
  const timeOf = (text: string) => (text === event.createdAt ? createdAt : Date.parse(text))
  return {
    messageKey: recordKeyOf(event.messageKey),
    type: event.memberActivityType,
    memberId: event.memberId,
    postId: event.postId ?? null,
    commentId: event.commentId ?? null,
    targetMemberId: event.targetMemberId ?? null,
    version: event.version,
    eventId: event.eventId,
    occurredAt: timeOf(event.occurredAt),
    createdAt,
    updatedAt: timeOf(event.updatedAt),
  }
}
