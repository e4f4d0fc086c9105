import { ACTIVITY_TYPES, type ActivityType } from './member-activity-event.ts'
import type { ServiceName } from './services.ts'

const WRITES: readonly ActivityType[] = [
  'POST_CREATE',
  'POST_UPDATE',
  'POST_DELETE',
  'COMMENT_CREATE',
  'COMMENT_UPDATE',
  'COMMENT_DELETE',
]

/** Which service listens to which activities. A type that nobody names here is told to nobody. */
export const SUBSCRIPTIONS: Partial<Record<ServiceName, readonly ActivityType[]>> = {
  activity: ACTIVITY_TYPES,
  search: WRITES,
  content: ['POST_READ'],
}

/** Every service that listens. */
export const LISTENERS = Object.keys(SUBSCRIPTIONS) as ServiceName[]

export const subscribersOf = (type: ActivityType): ServiceName[] =>
  (Object.keys(SUBSCRIPTIONS) as ServiceName[]).filter((service) =>
    SUBSCRIPTIONS[service]?.includes(type),
  )
