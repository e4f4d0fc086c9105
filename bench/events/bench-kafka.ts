import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConnection } from '@dailyfeed/kafka-support/kafka-settings'
import type { TopicAdmin } from '@dailyfeed/kafka-support/topic-admin'

export interface BenchKafka {
  connection: KafkaConnection
  admin: TopicAdmin
}

/** Creates an empty topic like the dated ones, and waits until each partition has a leader. */
export async function freshTopic({ admin }: BenchKafka): Promise<string> {
  const topic = `bench-${randomUUID()}`
  await admin.createTopic({
    topic,
    partitions: 6,
    replicationFactor: 1,
    retentionMilliseconds: 3_600_000,
  })
  const hasLeaders = async () =>
    (await admin.rangesOf([topic]).catch(() => undefined))?.get(topic)?.end.size === 6
  while (!(await hasLeaders())) await sleep(20)
  return topic
}
