import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Once } from '@dailyfeed/idempotency/once'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { NewEventOf } from '@dailyfeed/outbox/outbox'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { PostBatch } from './post/post-batch.ts'

/** What the features of content-svc may use. Created once at start and passed on, never imported as a global. */
export interface ContentContext {
  sql: Sql
  verifier: TokenVerifier
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
  postBatch: PostBatch
  newEventOf: NewEventOf
  /** Delivers new events of the outbox without delay. Call after the commit. */
  wakeRelay: () => void
}

/** The context of routes that create something: once for each Idempotency-Key. */
export interface CreatingContext extends ContentContext {
  once: Once<ContentContext>
}

/** The member who acts, and the trace of the request. */
export interface Actor {
  memberId: number
  traceparent: string
}
