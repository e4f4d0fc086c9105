import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { ImageStore } from './storage/image-store.ts'
import type { WorkQueue } from './processing/work-queue.ts'

/** The parts that the features of image-svc use. Created once at start and passed on, never imported as globals. */
export interface ImageContext {
  sql: Sql
  /** Shares the counts of rate limits between processes; undefined without Redis. */
  redis?: RedisClient | undefined
  verifier: TokenVerifier
  store: ImageStore
  /** Limits how much is decoded at once. */
  decoding: WorkQueue
}
