import type { ListenerStep } from '@dailyfeed/deadletter-support/listener'
import { toNewRecord } from './record.mapper.ts'
import { upsertRecords } from './record.queries.ts'

/** Every event becomes a record. Key and version tell a duplicate, so that no inbox is needed. */
export const recordActivities: ListenerStep = {
  name: 'record',
  usesInbox: false,
  handles: () => true,
  apply: (sql, events) => upsertRecords(sql, events.map(toNewRecord)),
}
