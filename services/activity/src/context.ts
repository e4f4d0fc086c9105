import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'

/** The resources of activity-svc's features, created once at start and passed on. */
export interface ActivityContext {
  sql: Sql
  verifier: TokenVerifier
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
  cursors: Cursors
  /** IANA time zone of the times in message keys. */
  topicTimeZone: string
}
