import { fingerprintOf } from '@dailyfeed/dead-letter/fingerprint'
import { shownText } from '@dailyfeed/dead-letter/shown-text'
import { toEventJson } from './event-text.ts'
import type {
  PublisherDeadLetterGroupRow,
  PublisherDeadLetterRow,
} from './publisher-dead-letter.queries.ts'
import type {
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
} from './publisher-dead-letter.schemas.ts'

/** The same for all events that one destination failed to accept for one reason. */
export const publisherFingerprintOf = (
  schema: string,
  row: Pick<PublisherDeadLetterRow, 'destination' | 'status' | 'last_error'>,
): string => fingerprintOf(schema, `to ${row.destination}`, row.status, row.last_error ?? '')

export const toPublisherDeadLetter = (
  schema: string,
  row: PublisherDeadLetterRow,
): PublisherDeadLetter => ({
  id: Number(row.id),
  eventId: row.event_id,
  destination: row.destination,
  status: row.status,
  message: row.last_error,
  attempts: row.attempts,
  replayCount: row.replay_count,
  lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  fingerprint: publisherFingerprintOf(schema, row),
  createdAt: writtenAt(row.event_id).toISOString(),
  payload: shownText(toEventJson(row.text)),
})

export const toPublisherDeadLetterGroup = (
  schema: string,
  row: PublisherDeadLetterGroupRow,
): PublisherDeadLetterGroup => ({
  fingerprint: publisherFingerprintOf(schema, row),
  destination: row.destination,
  status: row.status,
  message: row.last_error,
  count: row.count,
  firstAt: writtenAt(row.first_event_id).toISOString(),
  lastAt: writtenAt(row.last_event_id).toISOString(),
  latestId: Number(row.latest_id),
})

/** A UUIDv7 begins with its time in milliseconds. */
const writtenAt = (eventId: string): Date =>
  new Date(Number.parseInt(eventId.replaceAll('-', '').slice(0, 12), 16))
