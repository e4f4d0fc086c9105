import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { Sql } from 'postgres'
import type { RankingSnapshots } from './ranking/ranking-snapshots.ts'
import type { FeedMemory } from './memory/feed-memory.ts'
import type { RememberedCursors } from './memory/remembered-cursors.ts'
import type { ViewBuffer } from './view/view-buffer.ts'

/** What every feature of timeline-svc may use. Made once at start, passed on, never imported as a global. */
export interface TimelineContext {
  /** Posts, comments and likes: a replica where there is one. The server refuses every write on it. */
  reads: Sql
  /** The primary: who may see whom, which must not lag, and this service's own schema. */
  primary: Sql
  cursors: Cursors
  rankings: RankingSnapshots
  /** First pages of following feeds. */
  memory: FeedMemory
  rememberedCursors: RememberedCursors
  views: ViewBuffer
}
