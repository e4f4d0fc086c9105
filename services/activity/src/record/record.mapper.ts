import type { MemberActivityEvent } from '@dailyfeed/code/member-activity-event'
import { recordKeyOf } from './record-key.ts'
import type { NewRecord } from './record.queries.ts'

export const toNewRecord = (event: MemberActivityEvent): NewRecord => ({
  messageKey: recordKeyOf(event.messageKey),
  type: event.memberActivityType,
  memberId: event.memberId,
  postId: event.postId ?? null,
  commentId: event.commentId ?? null,
  targetMemberId: event.targetMemberId ?? null,
  version: event.version,
  eventId: event.eventId,
  occurredAt: Date.parse(event.occurredAt),
  createdAt: Date.parse(event.createdAt),
  updatedAt: Date.parse(event.updatedAt),
})
