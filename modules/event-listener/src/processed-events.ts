import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { createTryRedis } from '@dailyfeed/redis-support/try-redis'
import type { FastifyBaseLogger } from 'fastify'

/** What a listener handled a while ago, so that a delivery that comes again costs no look into the database. Never the truth. */
export interface ProcessedEventCache {
  /** Empty while Redis is away. */
  findHandled(eventIds: readonly string[]): Promise<ReadonlySet<string>>
  /** Only after the commit. Does nothing while Redis is away. */
  remember(eventIds: readonly string[]): Promise<void>
}

interface EventHintsOptions {
  redis: RedisClient
  /** Each listener has hints of its own. */
  service: string
  log: Pick<FastifyBaseLogger, 'warn' | 'info'>
}

/** Redeliveries come after a rebalance or a restart: minutes, not days. */
const TTL_SECONDS = 600

export function createProcessedEventCache({
  redis,
  service,
  log,
}: EventHintsOptions): ProcessedEventCache {
  const keyOf = (eventId: string) => `member_activity:kafka_listener:${service}:${eventId}`
  const tryRedis = createTryRedis({
    log,
    consequence: 'every event is looked up in the database',
    fields: { service },
  })

  return {
    findHandled: (eventIds) =>
      tryRedis(async () => {
        if (eventIds.length === 0) return new Set()
        const marks = await redis.getEach(eventIds.map(keyOf))
        return new Set(eventIds.filter((_, n) => marks[n] !== null))
      }, new Set()),

    remember: (eventIds) =>
      tryRedis(async () => {
        if (eventIds.length === 0) return
        await redis.setEach(eventIds.map(keyOf), '1', { seconds: TTL_SECONDS })
      }, undefined),
  }
}
