import type { ServiceName } from './services.ts'

/** Categories of the founding system. Replies are comments. */
export type ActivityCategory = 'POST' | 'COMMENT' | 'POST_LIKE' | 'COMMENT_LIKE' | 'MEMBER'

/** A part of a message key. `targetMemberId` may be absent and is then written as `-`; the others may not. */
export type MessageKeyPart = 'postId' | 'commentId' | 'memberId' | 'targetMemberId' | 'time'

/** The parts of timeline-svc's feed cache that an event makes stale. */
export type StaleInFeedCache =
  /** The post itself, with its counters. */
  | 'post'
  /** The list of the newest posts, to which this one is added. */
  | 'newestPosts'
  /** The first comments below the post. */
  | 'comments'
  /** Which posts the member likes. */
  | 'postLikes'
  /** Which comments the member likes. */
  | 'commentLikes'
  /** The follows, blocks and mutes of both members, and their following feeds. */
  | 'viewers'
  /** The member as an author: name, handle, picture, and who may see them. */
  | 'author'

interface EventDefinition {
  category: ActivityCategory
  /** The service in whose outbox it stands. */
  publisher: ServiceName
  /**
   * False: it stays in the publisher's outbox, where timeline-svc reads it, and is delivered to no
   * service.
   */
  isPublished: boolean
  /** Parts of the message key after its type, in their order. */
  messageKey: readonly MessageKeyPart[]
  /** Events with the same value of this id are delivered in their order. */
  orderedBy: 'postId' | 'memberId'
  /** The services that receive it. */
  listeners: readonly ServiceName[]
  invalidates: readonly StaleInFeedCache[]
}

const OF_POST = ['postId', 'memberId'] as const
const OF_COMMENT = ['commentId', 'memberId'] as const

/** Events of members differ only in what they invalidate and in whether they are published. */
const MEMBER_EVENT = {
  category: 'MEMBER',
  publisher: 'member',
  isPublished: true,
  messageKey: ['memberId', 'targetMemberId', 'time'],
  orderedBy: 'memberId',
  listeners: ['activity'],
  invalidates: ['viewers'],
} as const

/**
 * Every type of event with all that depends on its type: a new type is added here, and the compiler names each place
 * that has to decide about it.
 *
 * `COMMENT_CREATE` is keyed by the comment, where the founding system used the post: a member's second comment on a post
 * would overwrite the record of the first (docs/decisions/0003-message-keys.md).
 */
export const EVENTS = {
  POST_CREATE: {
    category: 'POST',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_POST,
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post', 'newestPosts'],
  },
  POST_UPDATE: {
    category: 'POST',
    publisher: 'content',
    isPublished: true,
    messageKey: [...OF_POST, 'time'],
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post'],
  },
  POST_DELETE: {
    category: 'POST',
    publisher: 'content',
    isPublished: true,
    messageKey: [...OF_POST, 'time'],
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post'],
  },
  // The cache reads no outbox of timeline-svc, so that views invalidate nothing.
  POST_READ: {
    category: 'POST',
    publisher: 'timeline',
    isPublished: true,
    messageKey: [...OF_POST, 'time'],
    orderedBy: 'postId',
    listeners: ['activity', 'content'],
    invalidates: [],
  },
  COMMENT_CREATE: {
    category: 'COMMENT',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_COMMENT,
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post', 'comments'],
  },
  COMMENT_UPDATE: {
    category: 'COMMENT',
    publisher: 'content',
    isPublished: true,
    messageKey: [...OF_COMMENT, 'time'],
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post', 'comments'],
  },
  COMMENT_DELETE: {
    category: 'COMMENT',
    publisher: 'content',
    isPublished: true,
    messageKey: [...OF_COMMENT, 'time'],
    orderedBy: 'postId',
    listeners: ['activity', 'search'],
    invalidates: ['post', 'comments'],
  },
  COMMENT_READ: {
    category: 'COMMENT',
    publisher: 'timeline',
    isPublished: true,
    messageKey: [...OF_COMMENT, 'time'],
    orderedBy: 'postId',
    listeners: ['activity'],
    invalidates: [],
  },
  LIKE_POST: {
    category: 'POST_LIKE',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_POST,
    orderedBy: 'postId',
    listeners: ['activity'],
    invalidates: ['post', 'postLikes'],
  },
  LIKE_POST_CANCEL: {
    category: 'POST_LIKE',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_POST,
    orderedBy: 'postId',
    listeners: ['activity'],
    invalidates: ['post', 'postLikes'],
  },
  LIKE_COMMENT: {
    category: 'COMMENT_LIKE',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_COMMENT,
    orderedBy: 'postId',
    listeners: ['activity'],
    invalidates: ['post', 'comments', 'commentLikes'],
  },
  LIKE_COMMENT_CANCEL: {
    category: 'COMMENT_LIKE',
    publisher: 'content',
    isPublished: true,
    messageKey: OF_COMMENT,
    orderedBy: 'postId',
    listeners: ['activity'],
    invalidates: ['post', 'comments', 'commentLikes'],
  },
  MEMBER_SIGNUP: MEMBER_EVENT,
  MEMBER_LOGIN: MEMBER_EVENT,
  MEMBER_LOGOUT: MEMBER_EVENT,
  MEMBER_FOLLOW: MEMBER_EVENT,
  MEMBER_UNFOLLOW: MEMBER_EVENT,
  MEMBER_BLOCK: MEMBER_EVENT,
  MEMBER_UNBLOCK: MEMBER_EVENT,
  MEMBER_PROFILE_UPDATE: { ...MEMBER_EVENT, invalidates: ['viewers', 'author'] },
  MEMBER_WITHDRAW: { ...MEMBER_EVENT, invalidates: ['viewers', 'author'] },
  MEMBER_RESTORE: { ...MEMBER_EVENT, invalidates: ['viewers', 'author'] },
  // Part of the contract, but no service publishes it: erasure works without events (docs/decisions/0015).
  MEMBER_ERASE: MEMBER_EVENT,
  MEMBER_MUTE: { ...MEMBER_EVENT, isPublished: false, listeners: [] },
  MEMBER_UNMUTE: { ...MEMBER_EVENT, isPublished: false, listeners: [] },
} as const satisfies Record<string, EventDefinition>

/** Every type that may stand in an outbox. */
export type OutboxType = keyof typeof EVENTS
/** Types that are delivered to other services. */
export type ActivityType = {
  [Type in OutboxType]: (typeof EVENTS)[Type]['isPublished'] extends true ? Type : never
}[OutboxType]
/** Types that are delivered to none. */
export type PrivateActivityType = Exclude<OutboxType, ActivityType>

export const OUTBOX_TYPES = Object.keys(EVENTS) as OutboxType[]
export const isPrivate = (type: OutboxType): type is PrivateActivityType =>
  !EVENTS[type].isPublished
export const ACTIVITY_TYPES: readonly ActivityType[] = OUTBOX_TYPES.filter(
  (type): type is ActivityType => EVENTS[type].isPublished,
)
export const categoryOf = (type: ActivityType): ActivityCategory => EVENTS[type].category
