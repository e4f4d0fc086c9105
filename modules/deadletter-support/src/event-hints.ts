import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { FastifyBaseLogger } from 'fastify'

/** What a listener handled a while ago, so that a delivery that comes again costs no look into the database. Never the truth. */
export interface EventHints {
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
/** After a failure Redis is left in peace for so long. */
const REST_MILLISECONDS = 5_000

export function createEventHints({ redis, service, log }: EventHintsOptions): EventHints {
  const keyOf = (eventId: string) => `member_activity:kafka_listener:${service}:${eventId}`
  let restsUntil = 0

  async function tryRedis<Answer>(ask: () => Promise<Answer>, otherwise: Answer): Promise<Answer> {
    if (performance.now() < restsUntil) return otherwise
    try {
      const answer = await ask()
      if (restsUntil > 0) log.info({ service }, 'Redis is there again')
      restsUntil = 0
      return answer
    } catch (error) {
      if (restsUntil === 0) log.warn({ service, err: error }, 'Redis is away; every event is looked up in the database')
      restsUntil = performance.now() + REST_MILLISECONDS
      return otherwise
    }
  }

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
