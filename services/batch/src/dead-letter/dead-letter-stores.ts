import {
  LISTENERS,
  type ListenerName,
  PUBLISHERS,
  type PublisherName,
} from '@dailyfeed/contract/subscriptions'
import { DEAD_LETTERS_PATH } from '@dailyfeed/event-listener/dead-letter.schemas'
import { PUBLISHER_DEAD_LETTERS_PATH } from '@dailyfeed/outbox/publisher-dead-letter.schemas'

/** LISTENER: a handler failed on a received event. PUBLISHER: a written event could not be delivered. */
export const KINDS = ['LISTENER', 'PUBLISHER'] as const
export type Kind = (typeof KINDS)[number]

/** For each kind of dead letter the services that store it, and their internal path. */
export const STORES_BY_KIND = {
  LISTENER: { path: DEAD_LETTERS_PATH, services: LISTENERS },
  PUBLISHER: { path: PUBLISHER_DEAD_LETTERS_PATH, services: PUBLISHERS },
} as const satisfies Record<Kind, { path: string; services: readonly StoreName[] }>

/** A service that stores dead letters of either kind. */
export type StoreName = ListenerName | PublisherName
export const STORES: readonly StoreName[] = [...new Set([...LISTENERS, ...PUBLISHERS])].sort()

export const isStoreOf = (kind: Kind, service: string): service is StoreName =>
  STORES_BY_KIND[kind].services.some((store) => store === service)
