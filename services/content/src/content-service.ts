import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { destinationsOf } from '@dailyfeed/outbox/publish-settings'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { type Publishing, startPublishing } from '@dailyfeed/outbox/publishing'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/redis-client'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { ContentConfig } from './config.ts'
import { contentApp } from './content-app.ts'
import { createPostBatch } from './post/post-batch.ts'

interface ContentServiceOptions {
  /** Of the process in which all services run; alone, the service keeps up with them by itself. */
  revocations?: Revocations
  /** Of the process in which all services run: told of every write before it is answered. */
  writes?: WriteSignal
}

export async function startContentService(
  config: ContentConfig,
  options: ContentServiceOptions = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'content-svc',
  })
  const revocations = options.revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })

  const kafka = openKafkaCluster(config, { service: 'content', listeners: LISTENERS })
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  let publishing: Publishing | undefined
  const wakeRelay = () => {
    options.writes?.increment()
    publishing?.wake()
  }
  const postBatch = createPostBatch(sql)
  const context = {
    sql,
    postBatch,
    newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config)),
    wakeRelay,
  }
  const app = await contentApp({ config, context, verifier, kafka, redis })
  const subscribers = {
    activity: createServiceClient({
      service: 'activity',
      baseUrl: config.ACTIVITY_URL,
      internalToken: config.INTERNAL_TOKEN,
    }),
    search: createServiceClient({
      service: 'search',
      baseUrl: config.SEARCH_URL,
      internalToken: config.INTERNAL_TOKEN,
    }),
  }
  publishing = startPublishing({ app, sql, schema: 'content', config, subscribers, kafka })
  return listen({
    name: 'content-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      () => postBatch.settled(),
      () => publishing.stop(),
      async () => kafka?.close(),
      async () => redis?.close(),
      () => revocations.close(),
      () => sql.end({ timeout: 5 }),
    ],
  })
}
