import type { MemberActivityEvent } from '@dailyfeed/code/member-activity-event'
import type { NewRecord } from './record.queries.ts'

export const toNewRecord = (event: MemberActivityEvent): NewRecord => ({
  message_key: event.messageKey,
  type: event.memberActivityType,
  member_id: event.memberId,
  post_id: event.postId ?? null,
  comment_id: event.commentId ?? null,
  target_member_id: event.targetMemberId ?? null,
  version: event.version,
  event_id: event.eventId,
  occurred_at: event.occurredAt,
  created_at: event.createdAt,
  updated_at: event.updatedAt,
})
