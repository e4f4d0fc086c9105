import type { ActivityType } from '@dailyfeed/contract/event-registry'

export type NotifiedAction = 'LIKE_POST' | 'LIKE_COMMENT' | 'COMMENT' | 'MEMBER_FOLLOW'

/** The effects of an event beside its record. */
interface EventEffects {
  /** How much the action adds to the member's interest in the author of the post or comment. */
  interest: { weight: number; of: 'POST' | 'COMMENT' } | null
  /**
   * The action that other members are notified of, and whether the event begins it or takes it
   * back.
   */
  notification: {
    action: NotifiedAction
    active: boolean
  } | null
  /** The content whose text is searched for blocked terms. */
  moderation: 'POST' | 'COMMENT' | null
}

/** Reading is the most frequent action and takes the least effort, so it is the unit. */
const READ = 1
/** A like is deliberate but takes one tap: it counts as much as reading three posts. */
const LIKE = 3
/**
 * A comment takes writing. A higher weight would let one long quarrel outweigh a regular reader's
 * likes.
 */
const COMMENT = 5

const NONE: EventEffects = { interest: null, notification: null, moderation: null }

/** The effects of each type of event in this service. A type without an entry does not compile. */
export const EFFECTS: Readonly<Record<ActivityType, EventEffects>> = {
  POST_CREATE: { ...NONE, moderation: 'POST' },
  POST_UPDATE: { ...NONE, moderation: 'POST' },
  POST_DELETE: { ...NONE, moderation: 'POST' },
  POST_READ: { ...NONE, interest: { weight: READ, of: 'POST' } },
  COMMENT_CREATE: {
    interest: { weight: COMMENT, of: 'POST' },
    notification: { action: 'COMMENT', active: true },
    moderation: 'COMMENT',
  },
  COMMENT_UPDATE: { ...NONE, moderation: 'COMMENT' },
  COMMENT_DELETE: {
    interest: { weight: -COMMENT, of: 'POST' },
    notification: { action: 'COMMENT', active: false },
    moderation: 'COMMENT',
  },
  COMMENT_READ: { ...NONE, interest: { weight: READ, of: 'COMMENT' } },
  LIKE_POST: {
    ...NONE,
    interest: { weight: LIKE, of: 'POST' },
    notification: { action: 'LIKE_POST', active: true },
  },
  LIKE_POST_CANCEL: {
    ...NONE,
    interest: { weight: -LIKE, of: 'POST' },
    notification: { action: 'LIKE_POST', active: false },
  },
  LIKE_COMMENT: {
    ...NONE,
    interest: { weight: LIKE, of: 'COMMENT' },
    notification: { action: 'LIKE_COMMENT', active: true },
  },
  LIKE_COMMENT_CANCEL: {
    ...NONE,
    interest: { weight: -LIKE, of: 'COMMENT' },
    notification: { action: 'LIKE_COMMENT', active: false },
  },
  MEMBER_SIGNUP: NONE,
  MEMBER_LOGIN: NONE,
  MEMBER_LOGOUT: NONE,
  MEMBER_FOLLOW: { ...NONE, notification: { action: 'MEMBER_FOLLOW', active: true } },
  MEMBER_UNFOLLOW: { ...NONE, notification: { action: 'MEMBER_FOLLOW', active: false } },
  MEMBER_BLOCK: NONE,
  MEMBER_UNBLOCK: NONE,
  MEMBER_PROFILE_UPDATE: NONE,
  MEMBER_WITHDRAW: NONE,
  MEMBER_RESTORE: NONE,
  MEMBER_ERASE: NONE,
}
