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
async function untilItEnds(
  promise: Promise<unknown>,
): Promise<{ error: unknown; milliseconds: number }> {
  const started = performance.now()
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, milliseconds: performance.now() - started }
}

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
  'with acks = %s a topic that is not there is told apart, at once',
  async (acks) => {
    const producer = openProducer(acks)
    const { error, milliseconds } = await untilItEnds(producer.send('not-there', recordsOf(1)))
    expect(error).toBeInstanceOf(UnknownTopicError)
    expect(milliseconds).toBeLessThan(3_000)
    // Made afterwards, it is written to by the same producer.
    const topic = await newTopic(admin)
    await producer.send(topic, recordsOf(1))
  },
)

test.skipIf(isMissing).for(both)(
  'with acks = %s a record that is too large is refused for good, and the producer goes on',
  async (acks) => {
    const topic = await newTopic(admin)
    const producer = openProducer(acks)
    const tooLarge = { key: 'key-0', value: Buffer.alloc(1_200_000, 'x') }
    expect(
      (await untilItEnds(producer.send(topic, [...recordsOf(3), tooLarge]))).error,
    ).toBeInstanceOf(RecordRefusedError)
    await producer.send(topic, recordsOf(3, 100))
    const values = (await collectTopic(connection, topic)).map(textOf)
    expect(inOrder(values.filter((value) => Number(value) >= 100))).toEqual(textsOf(3, 100))
  },
)

test.skipIf(isMissing)(
  'a broker that was killed is noticed quickly; when it is back the same producer goes on, and nothing acknowledged is missing or doubled',
  async () => {
    const producers = await Promise.all(
      both.map(async (acks) => ({ producer: openProducer(acks), topic: await newTopic(admin) })),
    )
    for (const { producer, topic } of producers) await producer.send(topic, recordsOf(50))
    await kafka.nodes[0]?.kill()
    for (const { producer, topic } of [...producers, ...producers]) {
      const { error, milliseconds } = await untilItEnds(producer.send(topic, recordsOf(50, 50)))
      expect(error).toBeInstanceOf(BrokerAwayError)
      expect(milliseconds).toBeLessThan(4_000)
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
  'a broker that hangs is given up within 15 s, and what was acknowledged before and after stands there once',
  async () => {
    const producers = await Promise.all(
      both.map(async (acks) => ({ producer: openProducer(acks), topic: await newTopic(admin) })),
    )
    for (const { producer, topic } of producers) await producer.send(topic, recordsOf(20))
    await kafka.nodes[0]?.pause()
    const ends = await Promise.all(
      producers.map(({ producer, topic }) =>
        untilItEnds(producer.send(topic, recordsOf(20, 1_000))),
      ),
    )
    kafka.nodes[0]?.resume()
    for (const { error, milliseconds } of ends) {
      expect(error).toBeInstanceOf(BrokerAwayError)
      expect(milliseconds).toBeLessThan(15_500)
    }
    for (const { producer, topic } of producers) {
      await waitForLeaders(admin, topic)
      await expect
        .poll(async () => (await untilItEnds(producer.send(topic, recordsOf(20, 20)))).error, {
          timeout: 10_000,
        })
        .toBeUndefined()
      const acknowledged = (await collectTopic(connection, topic))
        .map(textOf)
        .filter((value) => Number(value) < 1_000)
      expect(inOrder(acknowledged)).toEqual(textsOf(40))
    }
  },
  40_000,
)

test.skipIf(isMissing).for(both)(
  'with acks = %s a producer that got no answer at all does not wait for it ever after',
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
    const ends = await Promise.all(
      [1, 2]
        .slice(0, producer.sendsAtOnce)
        .map((n) => untilItEnds(producer.send(topic, recordsOf(1, 1_000 + n)))),
    )
    kafka.nodes[0]?.resume()
    for (const { error, milliseconds } of ends) {
      expect(error).toBeInstanceOf(BrokerAwayError)
      expect(milliseconds).toBeLessThan(1_000)
    }
    await expect
      .poll(async () => (await untilItEnds(producer.send(topic, recordsOf(1, 1)))).error, {
        timeout: 10_000,
      })
      .toBeUndefined()
    await producer.close()
  },
)
