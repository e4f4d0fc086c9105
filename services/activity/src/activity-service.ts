import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { activityApp } from './activity-app.ts'
import type { ActivityConfig } from './config.ts'

/**
 * Parts that a process which runs every service shares between them; a service on its own has none.
 */
interface ActivityServiceOptions {
  revocations?: Revocations
}

export async function startActivityService(
  config: ActivityConfig,
  { revocations }: ActivityServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('activity', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const sql = resources.adopt(openConfiguredPool(config, 'activity-svc'), closePool)
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const kafka = openKafkaCluster(config, { service: 'activity', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())

  const app = await activityApp({
    config,
    context: {
      sql,
      verifier,
      kafka,
      redis,
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      topicTimeZone: config.TOPIC_TIME_ZONE,
    },
    log,
  })
  return await listen({
    name: 'activity-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    resources,
  })
}
