import type { ActivityType } from '@dailyfeed/contract/event-registry'

/** What an event changes beside its record. */
interface EventEffects {
  /** How much the action says about the member's interest in the author of the post, or of the comment. */
  interest: { weight: number; of: 'POST' | 'COMMENT' } | null
  /** The action that other members are notified of, and whether the event begins it or takes it back. */
  notification: {
    act: 'LIKE_POST' | 'LIKE_COMMENT' | 'COMMENT' | 'MEMBER_FOLLOW'
    active: boolean
  } | null
  /** The content whose text is searched for blocked terms. */
  moderation: 'POST' | 'COMMENT' | null
}

/** Reading a post takes the least effort and is the most frequent action: the unit. */
const READ = 1
/** Takes a decision, but one tap: as much as reading three more posts of the same author. */
const LIKE = 3
/** Takes writing. Not more: one long quarrel below one post should not outweigh a regular reader's likes. */
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
    notification: { act: 'COMMENT', active: true },
    moderation: 'COMMENT',
  },
  COMMENT_UPDATE: { ...NONE, moderation: 'COMMENT' },
  COMMENT_DELETE: {
    interest: { weight: -COMMENT, of: 'POST' },
    notification: { act: 'COMMENT', active: false },
    moderation: 'COMMENT',
  },
  COMMENT_READ: { ...NONE, interest: { weight: READ, of: 'COMMENT' } },
  LIKE_POST: {
    ...NONE,
    interest: { weight: LIKE, of: 'POST' },
    notification: { act: 'LIKE_POST', active: true },
  },
  LIKE_POST_CANCEL: {
    ...NONE,
    interest: { weight: -LIKE, of: 'POST' },
    notification: { act: 'LIKE_POST', active: false },
  },
  LIKE_COMMENT: {
    ...NONE,
    interest: { weight: LIKE, of: 'COMMENT' },
    notification: { act: 'LIKE_COMMENT', active: true },
  },
  LIKE_COMMENT_CANCEL: {
    ...NONE,
    interest: { weight: -LIKE, of: 'COMMENT' },
    notification: { act: 'LIKE_COMMENT', active: false },
  },
  MEMBER_SIGNUP: NONE,
  MEMBER_LOGIN: NONE,
  MEMBER_LOGOUT: NONE,
  MEMBER_FOLLOW: { ...NONE, notification: { act: 'MEMBER_FOLLOW', active: true } },
  MEMBER_UNFOLLOW: { ...NONE, notification: { act: 'MEMBER_FOLLOW', active: false } },
  MEMBER_BLOCK: NONE,
  MEMBER_UNBLOCK: NONE,
  MEMBER_PROFILE_UPDATE: NONE,
  MEMBER_WITHDRAW: NONE,
  MEMBER_RESTORE: NONE,
  MEMBER_ERASE: NONE,
}
