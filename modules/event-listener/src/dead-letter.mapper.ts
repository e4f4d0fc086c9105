import { isUtf8 } from 'node:buffer'
import { MAX_SHOWN, MAX_SHOWN_MESSAGE, shownText } from '@dailyfeed/dead-letter/shown-text'
import type { DeadLetterGroupRow, DeadLetterRow } from './dead-letter.queries.ts'
import type { DeadLetter, DeadLetterGroup } from './dead-letter.schemas.ts'

export const toDeadLetterGroup = (row: DeadLetterGroupRow): DeadLetterGroup => ({
  fingerprint: row.fingerprint,
  step: row.step,
  errorClass: row.error_class,
  message: shownText(row.message, MAX_SHOWN_MESSAGE),
  count: Number(row.count),
  firstAt: row.first_at.toISOString(),
  lastAt: row.last_at.toISOString(),
  latestId: Number(row.latest_id),
})

export const toDeadLetter = (row: DeadLetterRow): DeadLetter => ({
  id: Number(row.id),
  step: row.step,
  eventId: row.event_id,
  source: row.source,
  payload: shownText(row.payload.toString()),
  payloadBase64: isUtf8(row.payload) ? null : row.payload.subarray(0, MAX_SHOWN).toString('base64'),
  payloadBytes: row.payload.length,
  recordKey: row.record_key === null ? null : shownText(row.record_key.toString()),
  headers: row.headers && shownHeaders(row.headers),
  topic: row.topic,
  partition: row.partition,
  offset: row.record_offset === null ? null : Number(row.record_offset),
  errorClass: row.error_class,
  message: shownText(row.error_message),
  stack: row.error_stack === null ? null : shownText(row.error_stack),
  fingerprint: row.fingerprint,
  status: row.status,
  attempts: row.attempts,
  replayCount: row.replay_count,
  createdAt: row.created_at.toISOString(),
})

/** The first headers of the record, until they are as long as other texts may be. */
function shownHeaders(headers: Record<string, string>): Record<string, string> {
  let left = MAX_SHOWN
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => {
      left -= name.length + value.length
      return left >= 0
    }),
  )
}
