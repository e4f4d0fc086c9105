import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { countInterests } from './interest/interest.listener.ts'
import type { BlockedTerms } from './moderation/blocked-terms.ts'
import { moderateBlockedTerms } from './moderation/moderation.listener.ts'
import { notifyMembers } from './notification/notification.listener.ts'
import { recordActivities } from './record/record.listener.ts'

/** The handlers in their order. Each has its own failures and dead letters. */
export const eventHandlersOf = (blockedTerms: BlockedTerms): readonly EventHandler[] => [
  recordActivities,
  notifyMembers,
  moderateBlockedTerms(blockedTerms),
  countInterests,
]
