import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { Sql } from 'postgres'

/** What every feature of activity-svc may use. Made once at start, passed on, never imported as a global. */
export interface ActivityContext {
  sql: Sql
  cursors: Cursors
  /** IANA zone of the times in message keys. */
  topicTimeZone: string
}
