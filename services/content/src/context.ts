import type { NewEventOf } from '@dailyfeed/outbox/outbox'
import type { Sql } from 'postgres'
import type { PostBatch } from './post/post-batch.ts'

/** What every feature of content-svc may use. Made once at start, passed on, never imported as a global. */
export interface ContentContext {
  sql: Sql
  postBatch: PostBatch
  newEventOf: NewEventOf
  /** Tells the relay that a write has left an event. Call after the commit. */
  wakeRelay: () => void
}

/** Who acts, and in which trace. */
export interface Actor {
  memberId: number
  traceparent: string
}
