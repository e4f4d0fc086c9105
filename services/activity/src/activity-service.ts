import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { kafkaDependency } from '@dailyfeed/kafka-support/kafka-dependency'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { databaseDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { redisDependency } from '@dailyfeed/redis-support/redis-dependency'
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
  await using startWait = new StartWait({ service: 'activity', config, log })
  await startWait.until(databaseNeed(sql, 'activity'))
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
  registerServiceCalls(app, [verifier.keySetClient])
  return await listen({
    name: 'activity-svc',
    app,
    config,
    dependencies: [
      databaseDependency(sql),
      verifier.keySet,
      kafka && kafkaDependency(kafka),
      redis && redisDependency(redis),
    ],
    resources,
    startWait,
  })
}
