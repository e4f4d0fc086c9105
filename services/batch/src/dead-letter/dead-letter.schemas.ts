import { Instant, nullable } from '@dailyfeed/contract/field'
import Type from 'typebox'
import { KINDS } from './dead-letter-owners.ts'

const publicId = {
  description: '{service}-{number} of a listener, {service}-p{number} of a publisher',
}
const kind = Type.Enum([...KINDS], {
  description: 'LISTENER: the handler failed. PUBLISHER: it could not be delivered',
})

export const DeadLetterGroup = Type.Object({
  kind,
  service: Type.String(),
  fingerprint: Type.String(),
  step: Type.String({ description: 'the step of the listener, or where it was to go' }),
  status: Type.String({
    description:
      'OPEN; of a publisher PENDING, which is tried again by itself, or DEAD, which is not',
  }),
  errorClass: Type.String(),
  message: Type.String({ description: 'of the latest' }),
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
    description: 'OPEN, REPLAYED or ARCHIVED; of a publisher PENDING, DEAD or ARCHIVED',
  }),
  eventId: nullable(Type.String()),
  source: Type.String(),
  payload: Type.String({ description: 'the event as it came' }),
  payloadBase64: nullable(Type.String({ description: 'its bytes, where they are no UTF-8' })),
  recordKey: nullable(
    Type.String({ description: 'of a record of Kafka, as are its headers and its place' }),
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

const unavailable = Type.Array(Type.String(), { description: 'services that could not be asked' })
export const DeadLetterGroups = Type.Object({ groups: Type.Array(DeadLetterGroup), unavailable })
export const Replay = Type.Object({
  outcome: Type.String({
    description:
      'REPLAYED, FAILED_AGAIN, IN_PROGRESS, SENT_AGAIN, or NOT_OPEN where there is nothing to do',
  }),
  deadLetter: DeadLetter,
})
export const GroupReplay = Type.Object({
  replayed: Type.Integer({ description: 'took effect; of a publisher: on their way again' }),
  failedAgain: Type.Integer(),
  remaining: Type.Integer({ description: 'not tried yet: ask again with since' }),
  since: nullable(Instant),
  unavailable,
})
export const GroupArchive = Type.Object({
  archived: Type.Integer(),
  remaining: Type.Integer({ description: 'still open: ask again' }),
  unavailable,
})
export type GroupReplay = Type.Static<typeof GroupReplay>
export type GroupArchive = Type.Static<typeof GroupArchive>
