import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'

/** What the features of activity-svc may use. Created once at start and passed on, never imported as a global. */
export interface ActivityContext {
  sql: Sql
  verifier: TokenVerifier
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
  cursors: Cursors
  /** IANA zone of the times in message keys. */
  topicTimeZone: string
}
