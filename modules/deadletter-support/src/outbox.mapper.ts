import { type ActivityType, EVENT_SCHEMA_VERSION, type MemberActivityEvent } from '@dailyfeed/code/member-activity-event'

export interface OutboxRow {
  event_id: string
  activity_type: ActivityType
  message_key: string
  version: number
  member_id: number
  post_id: number | null
  comment_id: number | null
  target_member_id: number | null
  created_at: Date
  updated_at: Date
  occurred_at: Date
}

export const toEvent = (row: OutboxRow): MemberActivityEvent => ({
  eventId: row.event_id,
  schemaVersion: EVENT_SCHEMA_VERSION,
  messageKey: row.message_key,
  version: row.version,
  memberActivityType: row.activity_type,
  memberId: row.member_id,
  postId: row.post_id,
  commentId: row.comment_id,
  targetMemberId: row.target_member_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  occurredAt: row.occurred_at.toISOString(),
})
