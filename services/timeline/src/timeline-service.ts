import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog, type Log } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import { destinationsOf } from '@dailyfeed/outbox/publish-settings'
import { Publishing } from '@dailyfeed/outbox/publishing'
import { registerPublishing } from '@dailyfeed/outbox/register-publishing'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { ScrollJson } from '@dailyfeed/pagination-support/list'
import { closePool, openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase, type ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import type { TimelineConfig } from './config.ts'
import { createFanOut } from './fan-out/fan-out.ts'
import { createFeedCache } from './feed-cache/feed-cache.ts'
import { createRedisFeeds, type RedisFeeds } from './feed-cache/redis-feeds.ts'
import { createRankingSnapshots } from './ranking/ranking-snapshots.ts'
import { timelineApp } from './timeline-app.ts'
import { createViewBuffer } from './view/view-buffer.ts'

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
  const { reads, primary } = openDatabases(config, resources, log)
  const verifier = resources.adopt(openTokenVerifier(config, primary, revocations), (it) =>
    it.close(),
  )
  const kafka = openKafkaCluster(config, { service: 'timeline', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())
  const clientOf = (service: string, baseUrl: string) =>
    createServiceClient({ service, baseUrl, internalToken: config.INTERNAL_TOKEN })
  const publishing = resources.adopt(
    new Publishing({
      sql: primary,
      schema: 'timeline',
      config,
      subscribers: {
        activity: clientOf('activity', config.ACTIVITY_URL),
        content: clientOf('content', config.CONTENT_URL),
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
    }),
    (it) => it.close(),
  )
  const redisFeeds = openRedisFeeds(config, resources, primary, log)
  const rankings = createRankingSnapshots(reads, primary)
  const cleaning = setInterval(
    () => rankings.clean().catch((err) => log.warn({ err }, 'old ranking snapshots not cleaned')),
    CLEAN_EVERY_MILLISECONDS,
  )
  cleaning.unref()
  resources.defer(async () => clearInterval(cleaning))

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
    },
    log,
  })
  registerPublishing(app, publishing)
  return await listen({
    name: 'timeline-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    resources,
  })
}

function openDatabases(
  config: TimelineConfig,
  resources: AsyncDisposableStack,
  log: Log,
): { reads: ReadDatabase; primary: Sql } {
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
  const reads = createReadDatabase({
    primary: openReads(config.DATABASE_URL),
    replica:
      config.DATABASE_READ_URL === undefined ? undefined : openReads(config.DATABASE_READ_URL),
    log,
  })
  return { reads, primary }
}

/** Feeds in Redis, and the fan-out that pushes into them. Undefined without Redis. */
function openRedisFeeds(
  config: TimelineConfig,
  resources: AsyncDisposableStack,
  primary: Sql,
  log: Log,
): RedisFeeds | undefined {
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
  return redisFeeds
}
