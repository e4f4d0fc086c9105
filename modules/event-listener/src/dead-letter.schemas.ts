import Type from 'typebox'

/** Internal routes of listener dead letters. */
export const DEAD_LETTERS_PATH = '/internal/dead-letters'

/** Open dead letters of one cause in one service. */
export const DeadLetterGroup = Type.Object({
  fingerprint: Type.String(),
  step: Type.String(),
  errorClass: Type.String(),
  message: Type.String({ description: 'message of the latest one' }),
  count: Type.Integer(),
  firstAt: Type.String(),
  lastAt: Type.String(),
  latestId: Type.Integer(),
})
export type DeadLetterGroup = Type.Static<typeof DeadLetterGroup>

export const DeadLetter = Type.Object({
  id: Type.Integer(),
  step: Type.String(),
  eventId: Type.Union([Type.String(), Type.Null()]),
  source: Type.String(),
  payload: Type.String({ description: 'the event as it was received; at most its first 64 KiB' }),
  payloadBase64: Type.Union([Type.String(), Type.Null()], {
    description: 'its bytes, when they are not UTF-8',
  }),
  payloadBytes: Type.Optional(Type.Integer({ description: 'bytes of the whole event' })),
  recordKey: Type.Union([Type.String(), Type.Null()], {
    description: 'key of the Kafka record, like headers, topic, partition and offset',
  }),
  headers: Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]),
  topic: Type.Union([Type.String(), Type.Null()]),
  partition: Type.Union([Type.Integer(), Type.Null()]),
  offset: Type.Union([Type.Integer(), Type.Null()]),
  errorClass: Type.String(),
  message: Type.String(),
  stack: Type.Union([Type.String(), Type.Null()]),
  fingerprint: Type.String(),
  status: Type.Enum(['OPEN', 'REPLAYED', 'ARCHIVED']),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  createdAt: Type.String(),
})
export type DeadLetter = Type.Static<typeof DeadLetter>

/** NOT_OPEN: it took effect or was archived before. IN_PROGRESS: another replay has claimed it. */
export const Replay = Type.Object({
  outcome: Type.Enum(['REPLAYED', 'FAILED_AGAIN', 'NOT_OPEN', 'IN_PROGRESS']),
  deadLetter: DeadLetter,
})
export type Replay = Type.Static<typeof Replay>
