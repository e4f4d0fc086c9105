import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { kafkaDependency } from '@dailyfeed/kafka-support/kafka-dependency'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { destinationsOf } from '@dailyfeed/outbox/publish-settings'
import { Publishing } from '@dailyfeed/outbox/publishing'
import { registerPublishing } from '@dailyfeed/outbox/register-publishing'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { databaseDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { redisDependency } from '@dailyfeed/redis-support/redis-dependency'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import type { ContentConfig } from './config.ts'
import { contentApp } from './content-app.ts'
import { createPostBatch } from './post/post-batch.ts'

/**
 * Parts that a process which runs every service shares between them; a service on its own has
 * neither.
 */
interface ContentServiceOptions {
  revocations?: Revocations
  /** Incremented with each write, before it is answered. */
  writes?: WriteSignal
}

export async function startContentService(
  config: ContentConfig,
  { revocations, writes }: ContentServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('content', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const sql = resources.adopt(openConfiguredPool(config, 'content-svc'), closePool)
  await using startWait = new StartWait({ service: 'content', config, log })
  await startWait.until(databaseNeed(sql, 'content'))
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const kafka = openKafkaCluster(config, { service: 'content', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const calls = new ServiceCalls<'content'>(config, log)
  resources.defer(() => calls.close())
  const publishing = resources.adopt(
    new Publishing({
      sql,
      schema: 'content',
      config,
      subscribers: {
        activity: calls.relayClientOf('activity'),
        search: calls.relayClientOf('search'),
      },
      kafka,
      log,
    }),
    (it) => it.stop(),
  )
  const postBatch = resources.adopt(createPostBatch(sql), (it) => it.settled())

  const app = await contentApp({
    config,
    context: {
      sql,
      verifier,
      kafka,
      redis,
      postBatch,
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config)),
      wakeRelay() {
        writes?.increment()
        publishing.wake()
      },
    },
    log,
  })
  registerPublishing(app, publishing)
  registerServiceCalls(app, [...calls.clients, verifier.keySetClient])
  return await listen({
    name: 'content-svc',
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
