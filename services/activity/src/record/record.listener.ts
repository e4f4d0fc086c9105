import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { toNewRecord } from './record.mapper.ts'
import { findUnrecorded, type NewRecord, upsertRecords } from './record.queries.ts'

/** Stores a record of every event. Key and version identify a duplicate, so no inbox is needed. */
export const recordActivities: EventHandler = {
  name: 'record',
  usesInbox: false,
  handles: () => true,
  apply: (sql, events) => upsertRecords(sql, newestOfEachKey(events.map(toNewRecord))),
  async findMissing(sql, events) {
    const unrecorded = await findUnrecorded(sql, events.map(toNewRecord))
    return events.filter(({ eventId }) => unrecorded.has(eventId))
  },
}

/** Sorted by key. */
function newestOfEachKey(records: readonly NewRecord[]): NewRecord[] {
  const newest = new Map<string, NewRecord>()
  for (const record of records) {
    const known = newest.get(record.messageKey)
    if (known === undefined || record.version > known.version) newest.set(record.messageKey, record)
  }
  return [...newest.values()].sort((one, other) => (one.messageKey < other.messageKey ? -1 : 1))
}
