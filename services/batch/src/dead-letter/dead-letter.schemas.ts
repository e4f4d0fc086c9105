import { Instant, nullable } from '@dailyfeed/code/field'
import Type from 'typebox'

/** What owners answer, with ids of their own; here each id carries its owner's name. */
const groupMembers = {
  fingerprint: Type.String(),
  step: Type.String(),
  errorClass: Type.String(),
  message: Type.String({ description: 'of the latest' }),
  count: Type.Integer(),
  firstAt: Instant,
  lastAt: Instant,
}
const letterMembers = {
  step: Type.String(),
  eventId: nullable(Type.String()),
  source: Type.String(),
  payload: Type.String({ description: 'the event as it came' }),
  errorClass: Type.String(),
  message: Type.String(),
  stack: nullable(Type.String()),
  fingerprint: Type.String(),
  status: Type.String({ description: 'OPEN, REPLAYED or ARCHIVED' }),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  createdAt: Instant,
}
const publicId = { description: '{service}-{number}' }

const OwnedGroup = Type.Object({ ...groupMembers, latestId: Type.Integer() })
const OwnedDeadLetter = Type.Object({ ...letterMembers, id: Type.Integer() })
export type OwnedGroup = Type.Static<typeof OwnedGroup>
export type OwnedDeadLetter = Type.Static<typeof OwnedDeadLetter>

export const DeadLetterGroup = Type.Object({ ...groupMembers, service: Type.String(), latestId: Type.String(publicId) })
export const DeadLetter = Type.Object({ ...letterMembers, service: Type.String(), id: Type.String(publicId) })
export type DeadLetterGroup = Type.Static<typeof DeadLetterGroup>
export type DeadLetter = Type.Static<typeof DeadLetter>

const unavailable = Type.Array(Type.String(), { description: 'services that could not be asked' })
export const DeadLetterGroups = Type.Object({ groups: Type.Array(DeadLetterGroup), unavailable })
export const Replay = Type.Object({
  outcome: Type.String({ description: 'REPLAYED, FAILED_AGAIN, or NOT_OPEN where it was dealt with before' }),
  deadLetter: DeadLetter,
})
export const GroupReplay = Type.Object({ replayed: Type.Integer(), failedAgain: Type.Integer(), unavailable })
