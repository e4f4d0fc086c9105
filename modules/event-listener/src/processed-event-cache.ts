import type { Log } from '@dailyfeed/http-server/log'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { createTryRedis } from '@dailyfeed/redis-support/try-redis'

/**
 * Ids of events that a listener processed recently, so that a redelivery needs no query. Never the
 * authority.
 */
export interface ProcessedEventCache {
  /** Those of the ids that are cached; none while Redis is unavailable. */
  findProcessed(eventIds: readonly string[]): Promise<ReadonlySet<string>>
  /** Must be called after the commit. Does nothing while Redis is unavailable. */
  add(eventIds: readonly string[]): Promise<void>
}

interface ProcessedEventCacheOptions {
  redis: RedisClient
  /** Each listener has keys of its own. */
  service: string
  log: Pick<Log, 'warn' | 'info'>
}

/** Redeliveries follow a rebalance or a restart within minutes. */
const TTL_SECONDS = 600

export function createProcessedEventCache({
  redis,
  service,
  log,
}: ProcessedEventCacheOptions): ProcessedEventCache {
  const keyOf = (eventId: string) => `member_activity:kafka_listener:${service}:${eventId}`
  const tryRedis = createTryRedis({
    log,
    consequence: 'every event is looked up in the database',
    fields: { service },
  })

  return {
    findProcessed: (eventIds) =>
      tryRedis(async () => {
        if (eventIds.length === 0) return new Set()
        const values = await redis.getEach(eventIds.map(keyOf))
        return new Set(eventIds.filter((_, n) => values[n] !== null))
      }, new Set()),

    add: (eventIds) =>
      tryRedis(async () => {
        if (eventIds.length === 0) return
        await redis.setEach(eventIds.map(keyOf), '1', { seconds: TTL_SECONDS })
      }, undefined),
  }
}
