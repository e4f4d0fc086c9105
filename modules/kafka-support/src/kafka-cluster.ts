import { createDatedTopics, type DatedTopics } from './dated-topics.ts'
import { createEventProducer, type EventProducer } from './event-producer.ts'
import { type KafkaConfig, type KafkaConnection, kafkaConnectionOf } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'

/** What a service needs of the cluster that its settings name. Opens no connection before it is used. */
export interface KafkaCluster {
  connection: KafkaConnection
  admin: TopicAdmin
  topics: DatedTopics
  /** What the names of dated topics begin with. */
  prefix: string
  /** With the acks of the settings. */
  openProducer(): EventProducer
  close(): Promise<void>
}

interface KafkaClusterOptions {
  /** Named in groups and in the brokers' logs. */
  service: string
  /** Services that must have read a day to its end before it may go. */
  listeners: readonly string[]
}

/** Undefined where no brokers are set. Throws ConfigurationError on settings that contradict each other. */
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
