import type {
  DeadLetter as Listened,
  DeadLetterGroup as ListenedGroup,
} from '@dailyfeed/event-listener/dead-letter.schemas'
import type {
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
} from '@dailyfeed/outbox/publisher-dead-letter.schemas'
import type { DeadLetter, DeadLetterGroup } from './dead-letter.schemas.ts'

/** What owners answer with ids of their own; here each id carries its owner's name. */
export const listenerGroupOf = (service: string, group: ListenedGroup): DeadLetterGroup => ({
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

export const listenerLetterOf = (service: string, letter: Listened): DeadLetter => ({
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

/** What the relay calls it: a destination that is away is tried again, one that refuses is not. */
const errorClassOf = (status: string): string =>
  status === 'PENDING' ? 'DestinationAwayError' : 'DeliveryRefusedError'
