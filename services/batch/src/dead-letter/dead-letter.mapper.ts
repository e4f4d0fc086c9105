import type {
  DeadLetter as ListenerLetter,
  DeadLetterGroup as ListenerGroup,
} from '@dailyfeed/event-listener/dead-letter.schemas'
import type {
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
} from '@dailyfeed/outbox/publisher-dead-letter.schemas'
import type { DeadLetter, DeadLetterGroup } from './dead-letter.schemas.ts'

/** Stores number their dead letters each for itself; a public id names the store, too. */
export const listenerGroupOf = (service: string, group: ListenerGroup): DeadLetterGroup => ({
  ...group,
  kind: 'LISTENER',
  service,
  status: 'OPEN',
  latestId: `${service}-${group.latestId}`,
})

export const publisherGroupOf = (
  service: string,
  { destination, ...group }: PublisherDeadLetterGroup,
): DeadLetterGroup => ({
  ...group,
  kind: 'PUBLISHER',
  service,
  step: `to ${destination}`,
  errorClass: errorClassOf(group.status),
  latestId: `${service}-p${group.latestId}`,
})

export const listenerLetterOf = (service: string, letter: ListenerLetter): DeadLetter => ({
  ...letter,
  kind: 'LISTENER',
  service,
  id: `${service}-${letter.id}`,
})

export const publisherLetterOf = (
  service: string,
  { destination, message, lastAttemptAt: _, ...letter }: PublisherDeadLetter,
): DeadLetter => ({
  ...letter,
  kind: 'PUBLISHER',
  service,
  id: `${service}-p${letter.id}`,
  step: `to ${destination}`,
  source: `outbox of ${service}`,
  recordKey: null,
  headers: null,
  payloadBase64: null,
  topic: null,
  partition: null,
  offset: null,
  errorClass: errorClassOf(letter.status),
  message: message ?? '',
  stack: null,
})

/** The relay's error: an unreachable destination is tried again, a refused event is not. */
const errorClassOf = (status: string): string =>
  status === 'PENDING' ? 'DestinationAwayError' : 'DeliveryRefusedError'
