import { publishersTo } from '@dailyfeed/contract/subscriptions'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { superviseTopics, type TopicSupervisor } from '@dailyfeed/kafka-support/topic-supervisor'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import { Gauge } from 'prom-client'
import { countDeadLetters } from './dead-letter.queries.ts'
import { createDeadLetterReplay } from './dead-letter-replay.ts'
import { registerDeadLetterRoutes } from './dead-letter.routes.ts'
import { rotateInboxPartitions } from './inbox.queries.ts'
import { createProcessedEventCache } from './processed-events.ts'
import { measureFreshness } from './freshness.ts'
import { createListener, type EventHandler } from './listener.ts'
import { registerListenerRoutes } from './listener.routes.ts'
import { registerTopicReplayRoutes } from './topic-replay.routes.ts'

interface ListenerRegistration {
  sql: Sql
  /** Also the schema of its tables. */
  service: string
  /** In this order. */
  handlers: readonly EventHandler[]
  /** Undefined where no brokers are set. */
  kafka?: KafkaCluster | undefined
  /** Undefined where Redis is not set. */
  redis?: RedisClient | undefined
  /** Of the days of topics. */
  timeZone: string
  /** Called after events took effect here. */
  onHandled?: () => void
}

const TURN_DAYS_EVERY_MILLISECONDS = 3_600_000
/** Topics are kept seven days, and an event may have waited a day before it was sent. */
const INBOX_DAYS_KEPT = 9

/**
 * All ways in which events reach a listening service, over HTTP always and from Kafka while the server listens, and what
 * goes with them: dead letters, replays, jobs and metrics.
 */
export function registerListener(
  app: HttpServer,
  { sql, service, handlers, kafka, redis, timeZone, onHandled = () => {} }: ListenerRegistration,
): void {
  const measure = measureFreshness(app)
  const listener = createListener({
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
  let supervisor: TopicSupervisor | undefined
  const lag = () => [...(supervisor?.lags().values() ?? [])].reduce((sum, one) => sum + one, 0)

  registerListenerRoutes(app, { listener, publishers: publishersTo(service), lag })
  const replay = createDeadLetterReplay({ sql, schema: service, listener })
  registerDeadLetterRoutes(app, { sql, schema: service, replay })
  registerTopicReplayRoutes(app, { service, listener, kafka })
  registerJobs(app, {
    listenerDeadletterRestoreJob: async () => ({ ...(await replay.restoreDue()) }),
  })
  measureListening(app, sql, service, () => supervisor)

  let turning: NodeJS.Timeout | undefined
  const turnDays = () =>
    rotateInboxPartitions(sql, service, INBOX_DAYS_KEPT).catch((err) =>
      app.log.warn({ err }, 'days of the inbox not turned; tried again'),
    )
  app.addHook('onListen', async () => {
    void turnDays()
    turning = setInterval(turnDays, TURN_DAYS_EVERY_MILLISECONDS)
    turning.unref()
    if (kafka === undefined) return
    supervisor = superviseTopics({
      connection: kafka.connection,
      admin: kafka.admin,
      service,
      prefix: kafka.prefix,
      today: () => topicDayOf(new Date(), timeZone),
      handle: async (records) => void (await listener.handleRecords(records)),
      log: app.log,
    })
  })
  app.addHook('onClose', async () => {
    clearInterval(turning)
    await supervisor?.stop()
  })
}

function measureListening(
  app: HttpServer,
  sql: Sql,
  schema: string,
  supervisor: () => TopicSupervisor | undefined,
): void {
  new Gauge({
    name: 'listener_lag',
    help: 'Records of a topic that this service has still to read',
    labelNames: ['topic'] as const,
    registers: [app.metrics],
    collect() {
      this.reset()
      for (const [topic, lag] of supervisor()?.lags() ?? []) this.set({ topic }, lag)
    },
  })
  new Gauge({
    name: 'listener_reader_restarts',
    help: 'How often a reader of a topic had to be replaced',
    registers: [app.metrics],
    collect() {
      this.set(supervisor()?.restarts() ?? 0)
    },
  })
  new Gauge({
    name: 'listener_dead_letters',
    help: 'Events that could not take effect, by state',
    labelNames: ['status'] as const,
    registers: [app.metrics],
    async collect() {
      for (const [status, count] of Object.entries(await countDeadLetters(sql, schema)))
        this.set({ status }, count)
    },
  })
}
