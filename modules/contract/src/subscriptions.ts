import { ACTIVITY_TYPES, type ActivityType, EVENTS } from './event-registry.ts'

export type PublisherName = (typeof EVENTS)[ActivityType]['publisher']
export type ListenerName = (typeof EVENTS)[ActivityType]['listeners'][number]

/** The services that receive events of a type. */
export const subscribersOf = (type: ActivityType): readonly ListenerName[] => EVENTS[type].listeners

/** The types that a service receives; none for a service that does not listen. */
export const subscriptionsOf = (service: string): ActivityType[] =>
  ACTIVITY_TYPES.filter((type) => subscribersOf(type).some((listener) => listener === service))

/** Every service that publishes, and so may hold publisher dead letters. */
export const PUBLISHERS: readonly PublisherName[] = [
  ...new Set(ACTIVITY_TYPES.map((type) => EVENTS[type].publisher)),
]

/** Every service that listens, and so may hold listener dead letters. */
export const LISTENERS: readonly ListenerName[] = [
  ...new Set(ACTIVITY_TYPES.flatMap(subscribersOf)),
]

/** The publishers of what a service receives: only they may deliver events to it over HTTP. */
export const publishersTo = (listener: string): PublisherName[] => [
  ...new Set(subscriptionsOf(listener).map((type) => EVENTS[type].publisher)),
]
