import type { Activity } from '@dailyfeed/contract/activity'
import type { ActivityRow } from './activity.queries.ts'

export const toActivity = (row: ActivityRow): Activity => ({
  memberId: row.member_id,
  postId: row.post_id,
  commentId: row.comment_id,
  targetMemberId: row.target_member_id,
  memberActivityType: row.type,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})
