import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BrokerAwayError, RecordRefusedError, UnknownTopicError } from './broker-fault.ts'
import { type Acks, createEventProducer, type EventProducer } from './event-producer.ts'
import {
  collectTopic,
  inOrder,
  newTopic,
  recordsOf,
  textsOf,
  textOf,
  waitForLeaders,
} from './kafka-fixture.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'

const isMissing = await kafkaIsMissing()
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let connection: KafkaConnection
let admin: TopicAdmin
const both: Acks[] = ['1', 'all']
const opened: EventProducer[] = []

function openProducer(acks: Acks): EventProducer {
  const producer = createEventProducer({ connection, acks, clientId: 'producer-test' })
  opened.push(producer)
  return producer
}
/** The error of the send, or undefined if it succeeds. */
const errorOf = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => undefined,
    (error: unknown) => error,
  )
/** The producer itself ended the send, at its deadline. */
const AT_DEADLINE = 'Kafka: no answer in time'

beforeAll(async () => {
  if (isMissing) return
  kafka = await startTestKafka()
  connection = { brokers: [kafka.brokers] }
  admin = createTopicAdmin(connection, 'producer-test')
})
afterEach(async () => {
  for (const producer of opened.splice(0)) await producer.close()
})
afterAll(async () => {
  await admin?.close()
  await kafka?.stop()
})

test.skipIf(isMissing).for(both)(
  'with acks = %s the records of a key arrive in the order of their sends, each once',
  async (acks) => {
    const topic = await newTopic(admin)
    const producer = openProducer(acks)
    for (let from = 0; from < 1_000; from += 100) await producer.send(topic, recordsOf(100, from))
    const records = await collectTopic(connection, topic)
    expect(inOrder(records.map(textOf))).toEqual(textsOf(1_000))
    const byKey = Map.groupBy(records, ({ key }) => String(key))
    expect(byKey.size).toBe(7)
    for (const ofKey of byKey.values()) {
      expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1)
      expect(ofKey.map(textOf)).toEqual(inOrder(ofKey.map(textOf)))
    }
  },
)

test.skipIf(isMissing).for(both)(
  'with acks = %s an unknown topic is reported as such, and the producer works on',
  async (acks) => {
    const producer = openProducer(acks)
    expect(await errorOf(producer.send('not-there', recordsOf(1)))).toBeInstanceOf(
      UnknownTopicError,
    )
    const topic = await newTopic(admin)
    await producer.send(topic, recordsOf(1))
  },
)

test.skipIf(isMissing).for(both)(
  'with acks = %s a record that is too large is refused for good, and the producer works on',
  async (acks) => {
    const topic = await newTopic(admin)
    const producer = openProducer(acks)
    const tooLarge = { key: 'key-0', value: Buffer.alloc(1_200_000, 'x') }
    expect(await errorOf(producer.send(topic, [...recordsOf(3), tooLarge]))).toBeInstanceOf(
      RecordRefusedError,
    )
    await producer.send(topic, recordsOf(3, 100))
    const values = (await collectTopic(connection, topic)).map(textOf)
    expect(inOrder(values.filter((value) => Number(value) >= 100))).toEqual(textsOf(3, 100))
  },
)

test.skipIf(isMissing)(
  'sends to a killed broker fail before their deadline; after its restart each record is there once',
  async () => {
    const producers = await Promise.all(
      both.map(async (acks) => ({ producer: openProducer(acks), topic: await newTopic(admin) })),
    )
    for (const { producer, topic } of producers) await producer.send(topic, recordsOf(50))
    await kafka.nodes[0]?.kill()
    for (const { producer, topic } of [...producers, ...producers]) {
      const error = await errorOf(producer.send(topic, recordsOf(50, 50)))
      expect(error).toBeInstanceOf(BrokerAwayError)
      expect(error).not.toMatchObject({ message: AT_DEADLINE })
    }
    await kafka.nodes[0]?.start()
    await kafka.untilReady()
    for (const { producer, topic } of producers) {
      await waitForLeaders(admin, topic)
      await producer.send(topic, recordsOf(50, 50))
      await producer.send(topic, recordsOf(50, 100))
      expect(inOrder((await collectTopic(connection, topic)).map(textOf))).toEqual(textsOf(150))
    }
  },
)

test.skipIf(isMissing)(
  'sends to a hanging broker fail while it hangs; acknowledged records are there once',
  async () => {
    const producers = await Promise.all(
      both.map(async (acks) => ({ producer: openProducer(acks), topic: await newTopic(admin) })),
    )
    for (const { producer, topic } of producers) await producer.send(topic, recordsOf(20))
    await kafka.nodes[0]?.pause()
    const errors = await Promise.all(
      producers.map(({ producer, topic }) => errorOf(producer.send(topic, recordsOf(20, 1_000)))),
    )
    kafka.nodes[0]?.resume()
    for (const error of errors) expect(error).toBeInstanceOf(BrokerAwayError)
    for (const { producer, topic } of producers) {
      await waitForLeaders(admin, topic)
      await expect
        .poll(() => errorOf(producer.send(topic, recordsOf(20, 20))), { timeout: 20_000 })
        .toBeUndefined()
      const acknowledged = (await collectTopic(connection, topic))
        .map(textOf)
        .filter((value) => Number(value) < 1_000)
      expect(inOrder(acknowledged)).toEqual(textsOf(40))
    }
  },
  60_000,
)

test.skipIf(isMissing).for(both)(
  'with acks = %s a send fails at its deadline, and delays no later send',
  async (acks) => {
    const topic = await newTopic(admin)
    const producer = createEventProducer({
      connection,
      acks,
      clientId: 'test',
      deadlineMilliseconds: 500,
    })
    await producer.send(topic, recordsOf(1))
    await kafka.nodes[0]?.pause()
    const errors = await Promise.all(
      [1, 2]
        .slice(0, producer.sendsAtOnce)
        .map((n) => errorOf(producer.send(topic, recordsOf(1, 1_000 + n)))),
    )
    kafka.nodes[0]?.resume()
    for (const error of errors) expect(error).toBeInstanceOf(BrokerAwayError)
    // The first send to reach its deadline closes the connection of the others.
    expect(errors).toContainEqual(expect.objectContaining({ message: AT_DEADLINE }))
    await expect
      .poll(() => errorOf(producer.send(topic, recordsOf(1, 1))), { timeout: 20_000 })
      .toBeUndefined()
    await producer.close()
  },
)
