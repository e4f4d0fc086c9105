import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Once } from '@dailyfeed/idempotency/once'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { NewEventOf } from '@dailyfeed/outbox/outbox'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { PostBatch } from './post/post-batch.ts'

/** The resources of content-svc's features, created once at start and passed on. */
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

/** The context of routes that create something, at most once for each Idempotency-Key. */
export interface CreatingContext extends ContentContext {
  once: Once<ContentContext>
}

/** The member who makes the request, and its trace. */
export interface Actor {
  memberId: number
  traceparent: string
}
