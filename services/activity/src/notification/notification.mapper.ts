import type { MemberSummary } from '@dailyfeed/code/member'
import type { Notification } from '@dailyfeed/code/notification'
import type { ActorRow, NotificationRow } from './notification.queries.ts'

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

/** What `member.public_profile` tells. It has neither bio nor verification nor a time of its own; the act's time stands for the last. */
const toActor = (row: ActorRow): MemberSummary => ({
  memberId: row.member_id,
  id: row.member_id,
  memberName: row.member_name,
  memberHandle: row.handle,
  handle: row.handle,
  displayName: row.display_name,
  bio: null,
  verificationStatus: 'NONE',
  avatarUrl: row.avatar_url,
  updatedAt: new Date(row.acted_at).toISOString(),
})
