import type { MemberSummary } from '@dailyfeed/contract/member'
import type { Notification } from '@dailyfeed/contract/notification'
import type { ActorRow, NotificationRow } from './notification-read.queries.ts'

export const toNotification = (row: NotificationRow): Notification => ({
  id: row.id,
  type: row.type,
  postId: row.post_id,
  commentId: row.comment_id,
  actors: row.actors.map(toActor),
  actorCount: row.actor_count,
  read: row.read,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** The part of a member that `member.public_profile` shows to everybody. */
const toActor = (row: ActorRow): MemberSummary => ({
  memberId: row.member_id,
  id: row.member_id,
  memberName: row.member_name,
  memberHandle: row.handle,
  handle: row.handle,
  // member-svc shows the member name too where there is no display name.
  displayName: row.display_name || row.member_name,
  bio: row.public_bio,
  verificationStatus: row.verification_status,
  avatarUrl: row.avatar_url,
  updatedAt: new Date(row.updated_at).toISOString(),
})
