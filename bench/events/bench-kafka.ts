import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventProducer } from '@dailyfeed/kafka-support/event-producer'
import type { KafkaConnection } from '@dailyfeed/kafka-support/kafka-settings'
import type { TopicAdmin } from '@dailyfeed/kafka-support/topic-admin'

export interface BenchKafka {
  connection: KafkaConnection
  admin: TopicAdmin
}

/** As dated topics are made. Its leaders take records: the first of them is there. */
export async function freshTopic({ admin }: BenchKafka, producer: EventProducer): Promise<string> {
  const topic = `bench-${randomUUID()}`
  await admin.createTopic({ topic, partitions: 6, replicationFactor: 1, retentionMilliseconds: 3_600_000 })
  for (;;) {
    try {
      await producer.send(topic, [{ key: 'first', value: Buffer.from('first') }])
      return topic
    } catch {
      await sleep(50)
    }
  }
}
