import Type from 'typebox'

/** Internal routes of publisher dead letters. */
export const PUBLISHER_DEAD_LETTERS_PATH = '/internal/undelivered'

export const PublisherDeadLetterGroup = Type.Object({
  fingerprint: Type.String(),
  destination: Type.String({ description: 'kafka, or the name of a service' }),
  status: Type.Enum(['PENDING', 'DEAD'], {
    description: 'PENDING: retried automatically. DEAD: refused permanently',
  }),
  message: Type.String({ description: 'error of the latest attempt' }),
  count: Type.Integer(),
  firstAt: Type.String(),
  lastAt: Type.String(),
  latestId: Type.Integer(),
})
export type PublisherDeadLetterGroup = Type.Static<typeof PublisherDeadLetterGroup>

export const PublisherDeadLetter = Type.Object({
  id: Type.Integer(),
  eventId: Type.String(),
  destination: Type.String(),
  status: Type.Enum(['PENDING', 'DEAD', 'ARCHIVED']),
  message: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  lastAttemptAt: Type.Union([Type.String(), Type.Null()]),
  fingerprint: Type.String(),
  createdAt: Type.String(),
  payload: Type.String({ description: 'JSON text of the event' }),
})
export type PublisherDeadLetter = Type.Static<typeof PublisherDeadLetter>

/** NOT_OPEN: the event is pending already, or archived. */
export const Redelivery = Type.Object({
  outcome: Type.Enum(['SENT_AGAIN', 'NOT_OPEN']),
  deadLetter: PublisherDeadLetter,
})
export type Redelivery = Type.Static<typeof Redelivery>
