import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { SearchAdmission } from './admission/admission.ts'
import type { SearchEngine } from './engine/search-engine.ts'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'

/** The resources of search-svc's features, created once at start and passed on. */
export interface SearchContext {
  /** The primary, where the index is. */
  sql: Sql
  /** Finds posts and comments by their words. */
  engine: SearchEngine
  /** The database that searches and counts read. */
  reads: ReadDatabase
  /** Admits searches and counts: both hold a connection. */
  admission: SearchAdmission
  cursors: Cursors
  verifier: TokenVerifier
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
}
