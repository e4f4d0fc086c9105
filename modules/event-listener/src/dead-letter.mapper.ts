import { isUtf8 } from 'node:buffer'
import type { DeadLetterGroupRow, DeadLetterRow } from './dead-letter.queries.ts'
import type { DeadLetter, DeadLetterGroup } from './dead-letter.schemas.ts'

export const toDeadLetterGroup = (row: DeadLetterGroupRow): DeadLetterGroup => ({
  fingerprint: row.fingerprint,
  step: row.step,
  errorClass: row.error_class,
  message: row.message,
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
  payload: row.payload.toString(),
  payloadBase64: isUtf8(row.payload) ? null : row.payload.toString('base64'),
  recordKey: row.record_key?.toString() ?? null,
  headers: row.headers,
  topic: row.topic,
  partition: row.partition,
  offset: row.record_offset === null ? null : Number(row.record_offset),
  errorClass: row.error_class,
  message: row.error_message,
  stack: row.error_stack,
  fingerprint: row.fingerprint,
  status: row.status,
  attempts: row.attempts,
  replayCount: row.replay_count,
  createdAt: row.created_at.toISOString(),
})
