import { publishersTo } from '@dailyfeed/contract/subscriptions'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { InstallationGuard } from '@dailyfeed/kafka-support/installation-guard'
import { superviseTopics, type TopicSupervisor } from '@dailyfeed/kafka-support/topic-supervisor'
import { createFindInstallation } from '@dailyfeed/postgres-support/installation.queries'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import { Counter, Gauge } from 'prom-client'
import { countDeadLetters } from './dead-letter.queries.ts'
import { registerDeadLetterRoutes } from './dead-letter.routes.ts'
import { createDeadLetterReplay } from './dead-letter-replay.ts'
import type { EventHandler } from './event-handler.ts'
import { measureFreshness } from './freshness.ts'
import { rotateInboxPartitions } from './inbox.queries.ts'
import { Listener } from './listener.ts'
import { registerListenerRoutes } from './listener.routes.ts'
import { createProcessedEventCache } from './processed-event-cache.ts'
import { registerTopicReplayRoutes } from './topic-replay.routes.ts'

interface ListenerRegistration {
  sql: Sql
  /** The listening service, and the schema of its tables. */
  service: string
  /** Applied in this order. */
  handlers: readonly EventHandler[]
  /** Undefined where no brokers are configured. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not configured. */
  redis?: RedisClient | undefined
  /** IANA zone of the days of topics. */
  timeZone: string
  /** Called after events took effect here. */
  onHandled?: () => void
}

const ROTATE_EVERY_MILLISECONDS = 3_600_000
/** Topics are kept for seven days, and an event may have waited a day before it was sent. */
const INBOX_DAYS_KEPT = 9

/**
 * Registers everything that a listening service needs: the delivery of events over HTTP, and from Kafka while the server
 * listens, with dead letters, replays, jobs and metrics.
 */
export function registerListener(
  app: HttpServer,
  { sql, service, handlers, kafka, redis, timeZone, onHandled = () => {} }: ListenerRegistration,
): void {
  const measure = measureFreshness(app)
  const listener = new Listener({
    sql,
    schema: service,
    handlers,
    log: app.log,
    ...(redis === undefined
      ? {}
      : { processedEvents: createProcessedEventCache({ redis, service, log: app.log }) }),
    onHandled(events) {
      measure(events)
      onHandled()
    },
  })
  const findOwn = createFindInstallation(sql)
  const guard = new InstallationGuard({ findOwn, service, log: app.log })
  const supervisor = readTopicsWhileListening(app, { service, kafka, timeZone, listener, guard })
  rotateInboxWhileListening(app, sql, service)

  registerListenerRoutes(app, {
    listener,
    publishers: publishersTo(service),
    lag: () => [...(supervisor()?.lags().values() ?? [])].reduce((sum, lag) => sum + lag, 0),
  })
  const replay = createDeadLetterReplay({ sql, schema: service, listener })
  registerDeadLetterRoutes(app, { sql, schema: service, replay })
  registerTopicReplayRoutes(app, { service, listener, kafka, guard })
  registerJobs(app, {
    listenerDeadletterRestoreJob: async () => ({ ...(await replay.restoreDue()) }),
  })
  measureListener(app, sql, service, supervisor)
  measureRefused(app, guard)
  if (kafka !== undefined) showInstallations(app, guard)
}

/** Returns the supervisor of the topics: undefined before the server listens, and without Kafka. */
function readTopicsWhileListening(
  app: HttpServer,
  {
    service,
    kafka,
    timeZone,
    listener,
    guard,
  }: Pick<ListenerRegistration, 'service' | 'kafka' | 'timeZone'> & {
    listener: Listener
    guard: InstallationGuard
  },
): () => TopicSupervisor | undefined {
  let supervisor: TopicSupervisor | undefined
  app.addHook('onListen', async () => {
    if (kafka === undefined) return
    supervisor = superviseTopics({
      connection: kafka.connection,
      admin: kafka.admin,
      service,
      prefix: kafka.prefix,
      today: () => topicDayOf(new Date(), timeZone),
      handle: async (records) => void (await listener.handleRecords(await guard.ownOf(records))),
      guard,
      log: app.log,
    })
  })
  app.addHook('onClose', async () => supervisor?.stop())
  return () => supervisor
}

function rotateInboxWhileListening(app: HttpServer, sql: Sql, schema: string): void {
  const rotate = () =>
    rotateInboxPartitions(sql, schema, INBOX_DAYS_KEPT).catch((err) =>
      app.log.warn({ err }, 'partitions of the inbox not rotated; retried in an hour'),
    )
  let rotating: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    void rotate()
    rotating = setInterval(rotate, ROTATE_EVERY_MILLISECONDS)
    rotating.unref()
  })
  app.addHook('onClose', async () => clearInterval(rotating))
}

/** No request suffers from another installation, so that the service stays ready. */
function showInstallations(app: HttpServer, guard: InstallationGuard): void {
  app.components.register({
    name: 'installation',
    isRequired: false,
    status() {
      const detail = guard.problem()
      return detail === undefined ? { state: 'UP' } : { state: 'FAILING', detail }
    },
  })
}

function measureRefused(app: HttpServer, guard: InstallationGuard): void {
  new Counter({
    name: 'listener_foreign_records_total',
    help: 'Records of other installations in the topics of this one, which were not applied',
    labelNames: ['installation'] as const,
    registers: [app.metrics],
    collect() {
      this.reset()
      for (const [installation, records] of guard.refused) this.inc({ installation }, records)
    },
  })
}

function measureListener(
  app: HttpServer,
  sql: Sql,
  schema: string,
  supervisor: () => TopicSupervisor | undefined,
): void {
  new Gauge({
    name: 'listener_lag',
    help: 'Records of a topic that this service has not read yet',
    labelNames: ['topic'] as const,
    registers: [app.metrics],
    collect() {
      this.reset()
      for (const [topic, lag] of supervisor()?.lags() ?? []) this.set({ topic }, lag)
    },
  })
  new Gauge({
    name: 'listener_reader_restarts',
    help: 'How often a reader of a topic was replaced',
    registers: [app.metrics],
    collect() {
      this.set(supervisor()?.restarts() ?? 0)
    },
  })
  new Gauge({
    name: 'listener_dead_letters',
    help: 'Events on which a handler failed permanently, by status',
    labelNames: ['status'] as const,
    registers: [app.metrics],
    async collect() {
      for (const [status, count] of Object.entries(await countDeadLetters(sql, schema)))
        this.set({ status }, count)
    },
  })
}
