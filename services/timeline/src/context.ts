import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { ScrollJson } from '@dailyfeed/pagination-support/list'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { FeedCache } from './feed-cache/feed-cache.ts'
import type { RankingSnapshots } from './ranking/ranking-snapshots.ts'
import type { ViewBuffer } from './view/view-buffer.ts'

/** Everything that features of timeline-svc share. It is made once at start and passed on, never imported as a global. */
export interface TimelineContext {
  verifier: TokenVerifier
  /** Posts, comments and likes: the replica where it has caught up. The server refuses every write on it. */
  reads: ReadDatabase
  /** The primary: who may see whom, which must not lag, together with likes; and this service's own schema. */
  primary: Sql
  cursors: Cursors
  scrollJson: ScrollJson
  rankings: RankingSnapshots
  feedCache: FeedCache
  views: ViewBuffer
  /** Shares the counts of rate limits between processes; undefined without Redis. */
  redis?: RedisClient | undefined
}

/** For one request, whose queries all go to one database. */
export interface ReadContext extends Omit<TimelineContext, 'reads'> {
  reads: Queryable
}

/** Reads from a database that has everything that was committed before the call: members see their own writes at once. */
export const reading = <Result>(
  context: TimelineContext,
  read: (context: ReadContext) => Promise<Result>,
): Promise<Result> => context.reads.read((reads) => read({ ...context, reads }))
