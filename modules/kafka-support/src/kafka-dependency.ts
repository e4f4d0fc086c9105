import type { KafkaCluster } from './kafka-cluster.ts'

/** Kafka for GET /healthz/ready: no request needs it, events wait in the outbox. */
export const kafkaDependency = (kafka: KafkaCluster) => ({
  name: 'kafka',
  isRequired: false,
  check: async () => void (await kafka.admin.describeCluster()),
  describe: () => 'no broker answers',
})
