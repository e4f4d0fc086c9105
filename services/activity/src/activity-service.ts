import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/redis-client'
import { activityApp } from './activity-app.ts'
import type { ActivityConfig } from './config.ts'

interface ActivityServiceOptions {
  /** Of the process in which all services run; alone, the service keeps up with them by itself. */
  revocations?: Revocations
}

export async function startActivityService(
  config: ActivityConfig,
  options: ActivityServiceOptions = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'activity-svc',
  })
  const revocations = options.revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })
  const kafka = openKafkaCluster(config, { service: 'activity', listeners: LISTENERS })
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  const app = await activityApp({
    config,
    context: {
      sql,
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      topicTimeZone: config.TOPIC_TIME_ZONE,
    },
    verifier,
    kafka,
    redis,
  })
  return listen({
    name: 'activity-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      async () => kafka?.close(),
      async () => redis?.close(),
      () => revocations.close(),
      () => sql.end({ timeout: 5 }),
    ],
  })
}
