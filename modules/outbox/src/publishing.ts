import { ACTIVITY_TYPES } from '@dailyfeed/contract/event-registry'
import { subscribersOf } from '@dailyfeed/contract/subscriptions'
import type { Log } from '@dailyfeed/http-server/log'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createFindInstallation } from '@dailyfeed/postgres-support/installation.queries'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import type { Destination } from './destination.ts'
import { deliverOverHttp } from './http-delivery.ts'
import { deliverToKafka } from './kafka-delivery.ts'
import { KAFKA, type PublishConfig } from './publish-settings.ts'
import { handOver } from './publisher-dead-letter.queries.ts'
import { type Relay, startRelay } from './relay.ts'

interface PublishingOptions {
  /** Pool of the publishing service. */
  sql: Sql
  /** Schema of the publishing service: its outbox is there. */
  schema: string
  config: PublishConfig & { TOPIC_TIME_ZONE: string }
  /** Services that receive events over HTTP, by name. */
  subscribers: Record<string, ServiceClient>
  /** Undefined where no brokers are configured. */
  kafka: KafkaCluster | undefined
  log: Log
}

/** Below the time that batch-svc waits for a job; the next run continues. */
const HAND_OVER_MILLISECONDS = 240_000

const SUBSCRIPTIONS = ACTIVITY_TYPES.flatMap((type) =>
  subscribersOf(type).map((subscriber) => [type, subscriber] as const),
)

/**
 * The publishing side of a service: its relay and the destinations that it delivers to. Every destination is served,
 * whatever the settings choose today, so that events written before a change of settings arrive too.
 */
export class Publishing {
  readonly sql: Sql
  readonly schema: string
  readonly config: PublishingOptions['config']
  readonly subscribers: Record<string, ServiceClient>
  readonly log: Log
  /** Events that each destination has accepted since the start. */
  readonly delivered = new Map<string, number>()
  readonly #destinations: Record<string, Destination>
  readonly #hasKafka: boolean
  readonly #relay: Relay

  constructor({ sql, schema, config, subscribers, kafka, log }: PublishingOptions) {
    this.sql = sql
    this.schema = schema
    this.config = config
    this.subscribers = subscribers
    this.log = log
    this.#hasKafka = kafka !== undefined
    this.#destinations = Object.fromEntries(
      Object.entries(subscribers).map(([name, client]) => [name, deliverOverHttp(client)]),
    )
    if (kafka !== undefined)
      this.#destinations[KAFKA] = deliverToKafka({
        producer: kafka.openProducer(),
        topics: kafka.topics,
        timeZone: config.TOPIC_TIME_ZONE,
        findInstallation: createFindInstallation(sql),
      })
    this.#relay = startRelay({
      sql,
      schema,
      destinations: this.#destinations,
      log,
      onDelivered: (destination, events) =>
        this.delivered.set(destination, (this.delivered.get(destination) ?? 0) + events),
    })
    // Brokers that were removed from the settings receive nothing any more: their events go over
    // HTTP instead.
    if (kafka === undefined)
      this.#handOverOlderThan(0).catch((err) =>
        log.warn(
          { err },
          'events for Kafka not handed over to HTTP; publishDeadletterRestoreJob tries again',
        ),
      )
  }

  /** Delivers new events of the outbox now, without waiting for the next poll. Call after a commit. */
  wake(): void {
    this.#relay.wake()
  }

  /**
   * Hands events over to HTTP that have waited for Kafka longer than the settings allow. Returns
   * how many.
   */
  handOverOverdue(): Promise<number> {
    return this.#handOverOlderThan(this.#hasKafka ? this.config.KAFKA_HANDOVER_SECONDS : 0)
  }

  async stop(): Promise<void> {
    await this.#relay.stop()
    await Promise.all(Object.values(this.#destinations).map((destination) => destination.close()))
  }

  async #handOverOlderThan(seconds: number): Promise<number> {
    const handedOver = await inBoundedBatches(
      (limit) => handOver(this.sql, this.schema, SUBSCRIPTIONS, seconds, limit),
      { milliseconds: HAND_OVER_MILLISECONDS },
    )
    if (handedOver > 0) {
      this.log.warn(
        { schema: this.schema, handedOver },
        'events that waited for Kafka are delivered over HTTP instead',
      )
      this.wake()
    }
    return handedOver
  }
}
