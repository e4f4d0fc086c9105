import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog, type Log } from '@dailyfeed/http-server/log'
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
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { ScrollJson } from '@dailyfeed/pagination-support/list'
import { databaseDependency, replicaDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { createReadDatabase, type ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { redisDependency } from '@dailyfeed/redis-support/redis-dependency'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import type { Sql } from 'postgres'
import type { TimelineConfig } from './config.ts'
import { createFanOut } from './fan-out/fan-out.ts'
import { createFeedCache } from './feed-cache/feed-cache.ts'
import { createRedisFeeds, type RedisFeeds } from './feed-cache/redis-feeds.ts'
import { createRankingSnapshots } from './ranking/ranking-snapshots.ts'
import { timelineApp } from './timeline-app.ts'
import { createViewBuffer } from './view/view-buffer.ts'
import { deleteOldViews } from './view/view.queries.ts'

/** Parts that a process which runs every service shares between them; a service on its own has neither. */
interface TimelineServiceOptions {
  revocations?: Revocations
  /** Rises with each write of this process; without it the outboxes are polled before each read. */
  writes?: WriteSignal
}

const CLEAN_EVERY_MILLISECONDS = 60_000
/** No request waits for the fan-out: what was written last is merged when a feed is read. */
const FAN_OUT_EVERY_MILLISECONDS = 5_000

export async function startTimelineService(
  config: TimelineConfig,
  { revocations, writes }: TimelineServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('timeline', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const { reads, primary, replica } = openDatabases(config, resources, log)
  await using startWait = new StartWait({ service: 'timeline', config, log })
  await startWait.until(databaseNeed(primary, 'timeline'))
  const verifier = resources.adopt(openTokenVerifier(config, primary, revocations), (it) =>
    it.close(),
  )
  const kafka = openKafkaCluster(config, { service: 'timeline', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())
  const calls = new ServiceCalls<'timeline'>(config, log)
  resources.defer(() => calls.close())
  const publishing = resources.adopt(
    new Publishing({
      sql: primary,
      schema: 'timeline',
      config,
      subscribers: {
        activity: calls.relayClientOf('activity'),
        content: calls.relayClientOf('content'),
      },
      kafka,
      log,
    }),
    (it) => it.stop(),
  )
  const views = resources.adopt(
    createViewBuffer({
      sql: primary,
      newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config)),
      onWritten: () => publishing.wake(),
      log,
      windowSeconds: config.VIEW_WINDOW_SECONDS,
    }),
    (it) => it.close(),
  )
  const { redis, redisFeeds } = openRedisFeeds(config, resources, primary, log)
  const rankings = createRankingSnapshots(reads, primary)
  const viewWindowSeconds = config.VIEW_WINDOW_SECONDS
  resources.defer(cleanRegularly({ rankings, primary, viewWindowSeconds, log }))

  const cursors = createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS)
  const app = await timelineApp({
    config,
    context: {
      verifier,
      reads,
      primary,
      cursors,
      rankings,
      scrollJson: new ScrollJson(cursors),
      feedCache: createFeedCache({ reads, primary, signal: writes, redisFeeds }),
      views,
      redis,
    },
    log,
  })
  registerPublishing(app, publishing)
  registerServiceCalls(app, [...calls.clients, verifier.keySetClient])
  return await listen({
    name: 'timeline-svc',
    app,
    config,
    dependencies: [
      databaseDependency(primary),
      verifier.keySet,
      replica && replicaDependency(replica),
      kafka && kafkaDependency(kafka),
      redis && redisDependency(redis),
    ],
    resources,
    startWait,
  })
}

interface Cleaning {
  rankings: ReturnType<typeof createRankingSnapshots>
  primary: Sql
  viewWindowSeconds: number
  log: Log
}

/** Deletes old snapshots and old rows of counted views until the returned function is called. */
function cleanRegularly({
  rankings,
  primary,
  viewWindowSeconds,
  log,
}: Cleaning): () => Promise<void> {
  const cleaning = setInterval(() => {
    rankings.clean().catch((err) => log.warn({ err }, 'old ranking snapshots not deleted'))
    deleteOldViews(primary, viewWindowSeconds).catch((err) =>
      log.warn({ err }, 'old rows of counted views not deleted'),
    )
  }, CLEAN_EVERY_MILLISECONDS)
  cleaning.unref()
  return async () => clearInterval(cleaning)
}

function openDatabases(
  config: TimelineConfig,
  resources: AsyncDisposableStack,
  log: Log,
): { reads: ReadDatabase; primary: Sql; replica: Sql | undefined } {
  const readers = Math.ceil(config.DATABASE_POOL_MAX / 2)
  const openReads = (url: string) =>
    resources.adopt(
      openPool({
        url,
        max: readers,
        queueTimeout: config.DATABASE_QUEUE_TIMEOUT_MILLISECONDS,
        name: 'timeline-svc reads',
        readOnly: true,
      }),
      closePool,
    )
  const primary = resources.adopt(
    openPool({
      url: config.DATABASE_URL,
      max: config.DATABASE_POOL_MAX - readers,
      queueTimeout: config.DATABASE_QUEUE_TIMEOUT_MILLISECONDS,
      name: 'timeline-svc',
    }),
    closePool,
  )
  const replica =
    config.DATABASE_READ_URL === undefined ? undefined : openReads(config.DATABASE_READ_URL)
  const reads = createReadDatabase({ primary: openReads(config.DATABASE_URL), replica, log })
  return { reads, primary, replica }
}

/** Redis, the feeds in it, and the fan-out that pushes into them. Undefined without Redis. */
function openRedisFeeds(
  config: TimelineConfig,
  resources: AsyncDisposableStack,
  primary: Sql,
  log: Log,
): { redis: RedisClient | undefined; redisFeeds: RedisFeeds | undefined } {
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  const redisFeeds = redis && createRedisFeeds({ redis, log })
  const fanOut =
    redisFeeds &&
    createFanOut({
      sql: primary,
      feeds: redisFeeds,
      heavyFrom: config.HEAVY_AUTHOR_FOLLOWERS,
      log,
      every: FAN_OUT_EVERY_MILLISECONDS,
    })
  resources.defer(async () => fanOut?.close())
  // Closed before the fan-out: a round that waits for a Redis that hangs ends with the connection.
  resources.defer(async () => redis?.close())
  return { redis, redisFeeds }
}
