import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import { subscribersOf } from '@dailyfeed/contract/subscriptions'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import { Counter, Gauge } from 'prom-client'
import type { Destination } from './destination.ts'
import { reconcileEvents } from './event-reconcile.ts'
import { deliverOverHttp } from './http-delivery.ts'
import { deliverToKafka } from './kafka-delivery.ts'
import { KAFKA, type PublishConfig } from './publish-settings.ts'
import { startRelay } from './relay.ts'
import { deliverAgainDue, findOutboxDepth, handOver } from './publisher-dead-letter.queries.ts'
import { registerPublisherDeadLetterRoutes } from './publisher-dead-letter.routes.ts'

interface PublishingOptions {
  app: HttpServer
  /** Of the publishing service, as is the schema. */
  sql: Sql
  schema: string
  config: PublishConfig & { TOPIC_TIME_ZONE: string }
  /** Who is told, over HTTP. */
  subscribers: Record<string, ServiceClient>
  /** Undefined where no brokers are set. */
  kafka: KafkaCluster | undefined
}

export interface Publishing {
  /** There is something new in the outbox: do not wait for the next look. */
  wake(): void
  stop(): Promise<void>
}

/** Refused events are tried again so often: 1, 2, 4, … minutes apart, together a week. */
const MAX_ATTEMPTS = 14
const HANDED_OVER_AT_ONCE = 5_000

/**
 * All that a publishing service does beside its writes: the relay, its dead letters, its jobs and metrics. Every
 * destination is served whatever is switched on now, so that what was written before a switch arrives too.
 */
export function startPublishing({
  app,
  sql,
  schema,
  config,
  subscribers,
  kafka,
}: PublishingOptions): Publishing {
  const destinations: Record<string, Destination> = Object.fromEntries(
    Object.entries(subscribers).map(([name, client]) => [name, deliverOverHttp(client)]),
  )
  if (kafka !== undefined)
    destinations[KAFKA] = deliverToKafka({
      producer: kafka.openProducer(),
      topics: kafka.topics,
      timeZone: config.TOPIC_TIME_ZONE,
    })

  const sent = new Counter({
    name: 'outbox_sent_total',
    help: 'Events that a destination has taken',
    labelNames: ['destination'] as const,
    registers: [app.metrics],
  })
  measureOutbox(app, sql, schema)
  const relay = startRelay({
    sql,
    schema,
    destinations,
    log: app.log,
    onDelivered: (destination, events) => sent.inc({ destination }, events),
  })
  registerPublisherDeadLetterRoutes(app, { sql, schema, wakeRelay: relay.wake })

  const subscriptions = ACTIVITY_TYPES.flatMap((type) =>
    subscribersOf(type).map((subscriber) => [type, subscriber] as const),
  )
  /** What waits for Kafka and is older than that goes over HTTP. */
  async function handOverOlderThan(seconds: number): Promise<number> {
    let handedOver = 0
    for (;;) {
      const count = await handOver(sql, schema, subscriptions, seconds, HANDED_OVER_AT_ONCE)
      handedOver += count
      if (count < HANDED_OVER_AT_ONCE) break
    }
    if (handedOver > 0) {
      app.log.warn(
        { schema, handedOver },
        'events that waited for Kafka go to the listeners over HTTP',
      )
      relay.wake()
    }
    return handedOver
  }

  registerJobs(app, {
    async publishDeadletterRestoreJob() {
      const again = await deliverAgainDue(sql, schema, true, MAX_ATTEMPTS)
      relay.wake()
      return {
        again,
        handedOver: await handOverOlderThan(
          kafka === undefined ? 0 : config.KAFKA_HANDOVER_SECONDS,
        ),
      }
    },
    async httpDeadletterRestoreJob() {
      const again = await deliverAgainDue(sql, schema, false, MAX_ATTEMPTS)
      relay.wake()
      return { again }
    },
    eventReconcileJob: () =>
      reconcileEvents({
        sql,
        schema,
        subscribers,
        olderThanSeconds: config.EVENT_RECONCILE_SECONDS,
        log: app.log,
        wakeRelay: relay.wake,
      }),
  })
  // Brokers that were taken out of the settings get nothing any more: what was written for them goes over HTTP.
  if (kafka === undefined)
    handOverOlderThan(0).catch((err) =>
      app.log.warn(
        { err },
        'events for Kafka not handed over yet; publishDeadletterRestoreJob does it',
      ),
    )

  return {
    wake: relay.wake,
    async stop() {
      await relay.stop()
      await Promise.all(Object.values(destinations).map((destination) => destination.close()))
    },
  }
}

/** Asked of the database when the metrics are read. */
function measureOutbox(app: HttpServer, sql: Sql, schema: string): void {
  const seen = new Set<string>()
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['destination'] as const, registers: [app.metrics] })
  const oldest = gauge(
    'outbox_oldest_seconds',
    'Age of the oldest event that is still to be delivered',
  )
  const dead = gauge('outbox_dead', 'Events that a destination refused for good')
  new Gauge({
    name: 'outbox_pending',
    help: 'Events that are still to be delivered',
    labelNames: ['destination'] as const,
    registers: [app.metrics],
    async collect() {
      const rows = await findOutboxDepth(sql, schema)
      for (const { destination } of rows) seen.add(destination)
      for (const destination of seen) {
        const row = rows.find((one) => one.destination === destination)
        this.set({ destination }, row?.pending ?? 0)
        oldest.set({ destination }, row?.oldest_seconds ?? 0)
        dead.set({ destination }, row?.dead ?? 0)
      }
    },
  })
}
