import { createDatedTopics, type DatedTopics } from './dated-topics.ts'
import { createEventProducer, type EventProducer } from './event-producer.ts'
import { type KafkaConfig, type KafkaConnection, kafkaConnectionOf } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'

/** The Kafka cluster of a service's settings. It connects with the first use. */
export interface KafkaCluster {
  connection: KafkaConnection
  admin: TopicAdmin
  topics: DatedTopics
  /** The prefix of the dated topics' names. */
  prefix: string
  /** Opens a producer with the acks of the settings. */
  openProducer(): EventProducer
  close(): Promise<void>
}

interface KafkaClusterOptions {
  /** Part of the groups' names, and logged by the brokers. */
  service: string
  /** Services that must have read a day to its end before it may be deleted. */
  listeners: readonly string[]
}

/** Returns undefined if no brokers are set. Throws ConfigurationError on contradictory settings. */
export function openKafkaCluster(
  config: KafkaConfig,
  { service, listeners }: KafkaClusterOptions,
): KafkaCluster | undefined {
  const connection = kafkaConnectionOf(config)
  if (connection === undefined) return undefined
  const admin = createTopicAdmin(connection, service)
  return {
    connection,
    admin,
    topics: createDatedTopics({
      admin,
      prefix: config.KAFKA_TOPIC,
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
      listeners,
    }),
    prefix: config.KAFKA_TOPIC,
    openProducer: () =>
      createEventProducer({ connection, acks: config.KAFKA_ACKS, clientId: service }),
    close: () => admin.close(),
  }
}
