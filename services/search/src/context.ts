import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { SearchEngine } from './engine/search-engine.ts'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'

/** What the features of search-svc may use. Created once at start and passed on, never imported as a global. */
export interface SearchContext {
  /** The primary, with the service's own login: its index. */
  sql: Sql
  /** Finds words. */
  engine: SearchEngine
  /** Where searches and counts are read. */
  reads: ReadDatabase
  cursors: Cursors
  verifier: TokenVerifier
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
}
