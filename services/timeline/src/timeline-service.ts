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
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { openRedis } from '@dailyfeed/redis-support/redis-client'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { TimelineConfig } from './config.ts'
import { createCachedFeeds } from './fan-out/cached-feeds.ts'
import { createFanOut, type FanOut } from './fan-out/fan-out.ts'
import { createMemory } from './memory/memory.ts'
import { rememberCursors } from './memory/remembered-cursors.ts'
import { createRankingSnapshots } from './ranking/ranking-snapshots.ts'
import { timelineApp } from './timeline-app.ts'
import { createViewBuffer, type ViewBuffer } from './view/view-buffer.ts'

interface TimelineServiceOptions {
  /** Of the process in which all services run; alone, the service keeps up with them by itself. */
  revocations?: Revocations
  /** Of the same process: tells that something has been written. Alone, the outboxes are looked at before each feed. */
  writes?: WriteSignal
}

const CLEAN_EVERY_MILLISECONDS = 60_000
/** Nobody waits for it: what was written last is merged when a feed is read. */
const FAN_OUT_EVERY_MILLISECONDS = 5_000

export async function startTimelineService(
  config: TimelineConfig,
  options: TimelineServiceOptions = {},
): Promise<RunningService> {
  const readers = Math.ceil(config.DATABASE_POOL_MAX / 2)
  const openReads = (url: string) =>
    openPool({ url, max: readers, name: 'timeline-svc reads', readOnly: true })
  const primaryReads = openReads(config.DATABASE_URL)
  const replica =
    config.DATABASE_READ_URL === undefined ? undefined : openReads(config.DATABASE_READ_URL)
  const primary = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX - readers,
    name: 'timeline-svc',
  })
  const revocations = options.revocations ?? openRevocations(primary, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })

  const kafka = openKafkaCluster(config, { service: 'timeline', listeners: LISTENERS })
  const newEventOf = createNewEventOf(config.TOPIC_TIME_ZONE, destinationsOf(config))
  let publishing: Publishing | undefined
  const viewBufferOf = (log: Parameters<typeof createViewBuffer>[0]['log']): ViewBuffer =>
    createViewBuffer({ sql: primary, newEventOf, onWritten: () => publishing?.wake(), log })
  let views: ViewBuffer | undefined
  const cursors = createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS)
  /** Told where it would be lost otherwise: the server's log exists only with the server. */
  let warn: (fields: object, message: string) => void = () => {}
  const reads = createReadDatabase({
    primary: primaryReads,
    replica,
    log: { warn: (fields, message) => warn(fields, message) },
  })
  const rankings = createRankingSnapshots(reads, primary)
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  let fanOut: FanOut | undefined
  const app = await timelineApp({
    config,
    verifier,
    contextOf({ log }) {
      warn = (fields, message) => log.warn(fields, message)
      views = viewBufferOf(log)
      const cachedFeeds = redis && createCachedFeeds({ redis, log })
      if (cachedFeeds !== undefined)
        fanOut = createFanOut({
          sql: primary,
          feeds: cachedFeeds,
          heavyFrom: config.HEAVY_AUTHOR_FOLLOWERS,
          log,
          every: FAN_OUT_EVERY_MILLISECONDS,
        })
      const memory = createMemory({ reads, primary, signal: options.writes, cachedFeeds })
      return {
        reads,
        primary,
        cursors,
        rankings,
        memory,
        rememberedCursors: rememberCursors(cursors),
        views,
      }
    },
  })

  const subscribers = {
    activity: createServiceClient({
      service: 'activity',
      baseUrl: config.ACTIVITY_URL,
      internalToken: config.INTERNAL_TOKEN,
    }),
    content: createServiceClient({
      service: 'content',
      baseUrl: config.CONTENT_URL,
      internalToken: config.INTERNAL_TOKEN,
    }),
  }
  publishing = startPublishing({
    app,
    sql: primary,
    schema: 'timeline',
    config,
    subscribers,
    kafka,
  })
  const cleaning = setInterval(
    () =>
      rankings.clean().catch((err) => app.log.warn({ err }, 'old ranking snapshots not cleaned')),
    CLEAN_EVERY_MILLISECONDS,
  )
  cleaning.unref()

  return listen({
    name: 'timeline-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      async () => clearInterval(cleaning),
      // First: a round that waits for a Redis that hangs ends with the connection.
      async () => redis?.close(),
      async () => fanOut?.close(),
      async () => views?.close(),
      () => publishing.stop(),
      async () => kafka?.close(),
      () => revocations.close(),
      ...[replica, primaryReads, primary].map((pool) => async () => pool?.end({ timeout: 5 })),
    ],
  })
}
