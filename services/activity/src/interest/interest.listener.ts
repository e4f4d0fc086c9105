import type { ActivityType, MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { EventHandler } from '@dailyfeed/event-listener/listener'
import { addToInterests, type WeighedAct } from './interest.queries.ts'

/** Opening a post is the least that one can do with it, and is done most: it is the unit. */
const READ = 1
/** Takes a decision, but one tap: as much as reading three more posts of the same author. */
const LIKE = 3
/** Takes writing. Not more: one long quarrel below one post should not outweigh a regular reader's likes. */
const COMMENT = 5

/** Whose interest an act shows is the member's; in whom, the author of the post, or of the comment that was read or liked. */
const WEIGHTS: Partial<Record<ActivityType, { weight: number; of: 'POST' | 'COMMENT' }>> = {
  POST_READ: { weight: READ, of: 'POST' },
  COMMENT_READ: { weight: READ, of: 'COMMENT' },
  LIKE_POST: { weight: LIKE, of: 'POST' },
  LIKE_POST_CANCEL: { weight: -LIKE, of: 'POST' },
  LIKE_COMMENT: { weight: LIKE, of: 'COMMENT' },
  LIKE_COMMENT_CANCEL: { weight: -LIKE, of: 'COMMENT' },
  COMMENT_CREATE: { weight: COMMENT, of: 'POST' },
  COMMENT_DELETE: { weight: -COMMENT, of: 'POST' },
}

/**
 * Counts whom a member cares for: what recommendations go by. Sums have no order, so that a like may be seen taken back
 * before it is seen given; a sum cannot tell a duplicate, so that the inbox has to.
 */
export const countInterests: EventHandler = {
  name: 'interest',
  usesInbox: true,
  handles: (event) => toWeighedAct(event) !== undefined,
  apply: (sql, events) =>
    addToInterests(
      sql,
      events.flatMap((event) => toWeighedAct(event) ?? []),
    ),
}

function toWeighedAct({
  memberActivityType,
  memberId,
  postId,
  commentId,
}: MemberActivityEvent): WeighedAct | undefined {
  const act = WEIGHTS[memberActivityType]
  if (act === undefined) return undefined
  const { weight, of } = act
  if (of === 'POST') return postId ? { memberId, postId, commentId: null, weight } : undefined
  return commentId ? { memberId, postId: null, commentId, weight } : undefined
}
