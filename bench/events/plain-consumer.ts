import { randomUUID } from 'node:crypto'
import { Consumer } from '@platformatic/kafka'
import type { BenchKafka } from './bench-kafka.ts'

const HIGH_WATER_MARK = 500

/** A consumer of the Kafka library without anything of the product, from the beginning of a topic. */
export async function openPlainConsumer({ connection }: BenchKafka, topic: string) {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bench',
    bootstrapBrokers: connection.brokers,
    groupId: `bench.${randomUUID()}`,
  })
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
    maxBytes: 1_048_576,
    highWaterMark: HIGH_WATER_MARK,
  })
  return {
    stream,
    commit: (offsets: Parameters<typeof consumer.commit>[0]['offsets']) =>
      consumer.commit({ offsets }),
    async close() {
      await stream.close()
      await consumer.close(true)
    },
  }
}
