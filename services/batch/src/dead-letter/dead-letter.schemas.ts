import { Instant, nullable } from '@dailyfeed/contract/field'
import Type from 'typebox'
import { KINDS } from './dead-letter-stores.ts'

const publicId = {
  description: '{service}-{number} of a listener, {service}-p{number} of a publisher',
}
const kind = Type.Enum([...KINDS], {
  description:
    'LISTENER: a handler failed on a received event. PUBLISHER: a written event could not be delivered',
})

export const DeadLetterGroup = Type.Object({
  kind,
  service: Type.String(),
  fingerprint: Type.String(),
  step: Type.String({ description: 'The event handler that failed, or the destination' }),
  status: Type.String({
    description:
      'OPEN for a listener. For a publisher PENDING (delivered again automatically) or DEAD (refused permanently)',
  }),
  errorClass: Type.String(),
  message: Type.String({ description: 'Error message of the latest one' }),
  count: Type.Integer(),
  firstAt: Instant,
  lastAt: Instant,
  latestId: Type.String(publicId),
})

export const DeadLetter = Type.Object({
  id: Type.String(publicId),
  kind,
  service: Type.String(),
  step: Type.String(),
  status: Type.String({
    description:
      'OPEN, REPLAYED or ARCHIVED for a listener; PENDING, DEAD or ARCHIVED for a publisher',
  }),
  eventId: nullable(Type.String()),
  source: Type.String(),
  payload: Type.String({
    description: 'The event as received. Of a longer text than 65,536 characters the beginning',
  }),
  payloadBase64: nullable(Type.String({ description: 'Its bytes, if they are not UTF-8' })),
  payloadBytes: Type.Optional(Type.Integer({ description: 'Bytes of the whole event' })),
  recordKey: nullable(
    Type.String({
      description:
        'Key of the Kafka record; headers, topic, partition and offset are those of the record, too',
    }),
  ),
  headers: nullable(Type.Record(Type.String(), Type.String())),
  topic: nullable(Type.String()),
  partition: nullable(Type.Integer()),
  offset: nullable(Type.Integer()),
  errorClass: Type.String(),
  message: Type.String(),
  stack: nullable(Type.String()),
  fingerprint: Type.String(),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  createdAt: Instant,
})
export type DeadLetterGroup = Type.Static<typeof DeadLetterGroup>
export type DeadLetter = Type.Static<typeof DeadLetter>

const unavailable = Type.Array(Type.String(), { description: 'Services that could not be reached' })
export const DeadLetterGroups = Type.Object({
  groups: Type.Array(DeadLetterGroup),
  hasMore: Type.Boolean({
    description: 'Whether older groups are left out: narrow by kind or service',
  }),
  unavailable,
})
export const Replay = Type.Object({
  outcome: Type.String({
    description:
      'REPLAYED, FAILED_AGAIN, IN_PROGRESS, SENT_AGAIN, or NOT_OPEN when there is nothing to do',
  }),
  deadLetter: DeadLetter,
})
export const GroupReplay = Type.Object({
  replayed: Type.Integer({
    description: 'Took effect; for a publisher: queued for delivery again',
  }),
  failedAgain: Type.Integer(),
  remaining: Type.Integer({ description: 'Not tried yet: repeat with since' }),
  since: nullable(Instant),
  unavailable,
})
export const GroupArchive = Type.Object({
  archived: Type.Integer(),
  remaining: Type.Integer({ description: 'Still open: repeat' }),
  unavailable,
})
export type GroupReplay = Type.Static<typeof GroupReplay>
export type GroupArchive = Type.Static<typeof GroupArchive>
