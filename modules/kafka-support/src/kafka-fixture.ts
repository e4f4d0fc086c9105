import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { vi } from 'vitest'
import { createEventProducer } from './event-producer.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'
import type { TopicRecord } from './topic-record.ts'
import { replayTopic } from './topic-replay.ts'

export const silentLog = { info() {}, warn() {}, error() {} }

type Log = Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>

/** A log that collects warnings, and errors with alarms. */
export function captureLog(): { log: Log; errors: string[]; warnings: string[] } {
  const errors: string[] = []
  const warnings: string[] = []
  const collectIn = (messages: string[]) => (_: unknown, message?: string) =>
    void messages.push(message ?? '')
  return {
    log: { info() {}, warn: collectIn(warnings), error: collectIn(errors) },
    errors,
    warnings,
  }
}

/** Waits for leaders first: a repeated send would duplicate the records of the other partitions. */
export const waitForLeaders = (admin: TopicAdmin, topic: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const range = (await admin.rangesOf([topic])).get(topic)
      if (range === undefined || range.end.size === 0) throw new Error(`${topic} has no leaders`)
    },
    { timeout: 10_000, interval: 20 },
  )

/** Creates a topic for one test. */
export async function newTopic(
  admin: TopicAdmin,
  { partitions = 3, replicationFactor = 1, topic = `test-${randomBytes(5).toString('hex')}` } = {},
): Promise<string> {
  await admin.createTopic({
    topic,
    partitions,
    replicationFactor,
    retentionMilliseconds: 7 * 86_400_000,
  })
  await waitForLeaders(admin, topic)
  return topic
}

export const textOf = ({ value }: TopicRecord): string => String(value)

/** Records with the numbers `from` to `from + count - 1`, spread over seven keys. */
export const recordsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({
    key: `key-${(from + n) % 7}`,
    value: Buffer.from(String(from + n)),
  }))

export const textsOf = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => String(from + n))

export const inOrder = (texts: readonly string[]): string[] =>
  [...texts].sort((a, b) => Number(a) - Number(b))

export async function fillTopic(
  connection: KafkaConnection,
  topic: string,
  records: readonly { key: string; value: Buffer }[],
): Promise<void> {
  const producer = createEventProducer({ connection, acks: 'all', clientId: 'fixture' })
  await producer.send(topic, records)
  await producer.close()
}

/** Reads all records of a topic. */
export async function collectTopic(
  connection: KafkaConnection,
  topic: string,
): Promise<TopicRecord[]> {
  const admin = createTopicAdmin(connection, 'fixture')
  const all: TopicRecord[] = []
  try {
    await replayTopic({
      connection,
      admin,
      clientId: 'fixture',
      topic,
      log: silentLog,
      onProgress() {},
      async handle(records) {
        all.push(...records)
      },
    })
  } finally {
    await admin.close()
  }
  return all
}
