import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { Sql } from 'postgres'
import type { RankingSnapshots } from './ranking/ranking-snapshots.ts'
import type { Memory } from './memory/memory.ts'
import type { RememberedCursors } from './memory/remembered-cursors.ts'
import type { ViewBuffer } from './view/view-buffer.ts'

/** What every feature of timeline-svc may use. Made once at start, passed on, never imported as a global. */
export interface TimelineContext {
  verifier: TokenVerifier
  /** Posts, comments and likes: of a replica where there is one that has caught up. The server refuses every write on it. */
  reads: ReadDatabase
  /** The primary: who may see whom, which must not lag, together with what they like; and this service's own schema. */
  primary: Sql
  cursors: Cursors
  rankings: RankingSnapshots
  memory: Memory
  rememberedCursors: RememberedCursors
  views: ViewBuffer
}

/** The same for one request, whose reads all go to one database. */
export interface ReadContext extends Omit<TimelineContext, 'reads'> {
  reads: Sql
}

/** Reads from one database, which has all that was committed when this was called: members see what they did a moment ago. */
export const reading = <Result>(
  context: TimelineContext,
  read: (context: ReadContext) => Promise<Result>,
): Promise<Result> => context.reads.read((reads) => read({ ...context, reads }))
