import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { Admin } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { clientOptionsOf } from './client-options.ts'
import {
  fillTopic,
  captureLog,
  inOrder,
  newTopic,
  recordsOf,
  silentLog,
  textOf,
  textsOf,
} from './kafka-fixture.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, lagOf, type TopicAdmin } from './topic-admin.ts'
import { type HandleBatch, readTopic, type TopicReader } from './topic-reader.ts'
import type { TopicRecord } from './topic-record.ts'

const isMissing = await kafkaIsMissing()
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let connection: KafkaConnection
let admin: TopicAdmin
const opened: TopicReader[] = []

async function read(
  topic: string,
  handle: HandleBatch,
  log: Parameters<typeof readTopic>[0]['log'] = silentLog,
): Promise<TopicReader> {
  const reader = await readTopic({
    connection,
    clientId: 'reader-test',
    topic,
    group: `reader-test.${topic}`,
    handle,
    log,
  })
  opened.push(reader)
  return reader
}
/** Keeps what it is given. */
function collector() {
  const records: TopicRecord[] = []
  return {
    records,
    texts: () => records.map(textOf),
    handle: async (batch: readonly TopicRecord[]) => void records.push(...batch),
  }
}
async function lagIn(topic: string): Promise<number> {
  const range = (await admin.rangesOf([topic])).get(topic) ?? { begin: new Map(), end: new Map() }
  return lagOf(range, await admin.committedOffsetsOf(`reader-test.${topic}`, topic))
}
const until = <Value>(look: () => Value | Promise<Value>) =>
  expect.poll(look, { timeout: 15_000, interval: 20 })
const isOrderedIn = (records: readonly TopicRecord[]) => {
  for (const ofKey of Map.groupBy(records, ({ key }) => String(key)).values())
    expect(ofKey.map(textOf)).toEqual(inOrder(ofKey.map(textOf)))
}

beforeAll(async () => {
  if (isMissing) return
  kafka = await startTestKafka()
  connection = { brokers: [kafka.brokers] }
  admin = createTopicAdmin(connection, 'reader-test')
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((reader) => reader.close()))
})
afterAll(async () => {
  await admin?.close()
  await kafka?.stop()
})

test.skipIf(isMissing)(
  'a topic that was filled before anyone joined is read from its first record, in the order of each key',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    await fillTopic(connection, topic, recordsOf(1_300))
    const { records, texts, handle } = collector()
    let inHand = 0
    let mostInHand = 0
    let largest = 0
    await read(topic, async (batch) => {
      inHand += 1
      mostInHand = Math.max(mostInHand, inHand)
      largest = Math.max(largest, batch.length)
      await handle(batch)
      await new Promise((resolve) => setTimeout(resolve, 5))
      inHand -= 1
    })
    await until(() => records.length).toBe(1_300)
    expect(inOrder(texts())).toEqual(textsOf(1_300))
    expect(largest).toBeLessThanOrEqual(500)
    expect(mostInHand).toBe(2)
    isOrderedIn(records)
    await until(() => lagIn(topic)).toBe(0)
  },
)

test.skipIf(isMissing)(
  'a record comes with its key, bytes, place and time, as it stands in the topic',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    const bytes = Buffer.from([0, 255, 195, 40])
    await fillTopic(connection, topic, [
      { key: 'post:1', value: Buffer.from('a') },
      { key: 'post:2', value: bytes },
    ])
    const { records, handle } = collector()
    await read(topic, handle)
    await until(() => records.length).toBe(2)
    expect(records[1]).toMatchObject({
      topic,
      partition: 0,
      offset: 1n,
      key: Buffer.from('post:2'),
      value: bytes,
    })
    expect(Math.abs(Date.now() - (records[1]?.timestamp ?? 0))).toBeLessThan(60_000)
  },
)

test.skipIf(isMissing)(
  'closing finishes the batch in hand and commits it; whoever comes next goes on after it',
  async () => {
    const topic = await newTopic(admin)
    await fillTopic(connection, topic, recordsOf(50))
    const first = collector()
    const isInHand = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const reader = await read(topic, async (batch) => {
      isInHand.resolve()
      await mayEnd.promise
      await first.handle(batch)
    })
    await isInHand.promise
    const closing = reader.close()
    setTimeout(mayEnd.resolve, 50)
    await closing
    expect(first.records.length).toBeGreaterThan(0)
    expect(await lagIn(topic)).toBe(50 - first.records.length)

    await fillTopic(connection, topic, recordsOf(50, 50))
    const second = collector()
    await read(topic, second.handle)
    await until(() => first.records.length + second.records.length).toBe(100)
    expect(inOrder([...first.texts(), ...second.texts()])).toEqual(textsOf(100))
  },
)

test.skipIf(isMissing)(
  'a batch that fails is repeated with nothing of it committed, and is committed when it takes effect',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    await fillTopic(connection, topic, recordsOf(20))
    const { records, texts, handle } = collector()
    const tries: string[][] = []
    let fails = true
    const { log, warnings } = captureLog()
    const reader = await read(
      topic,
      async (batch) => {
        tries.push(batch.map(textOf))
        if (fails) throw new Error('not now')
        await handle(batch)
      },
      log,
    )
    await until(() => tries.length).toBeGreaterThanOrEqual(3)
    expect(new Set(tries.map((batch) => batch.join()))).toEqual(new Set([tries[0]?.join()]))
    expect(reader.isRepeating()).toBe(true)
    expect(reader.fault()).toBeUndefined()
    expect(await lagIn(topic)).toBe(20)
    // Told once, not with each try.
    expect(warnings).toEqual(['a batch did not take effect; it is repeated, and reading waits'])

    fails = false
    await until(() => records.length).toBe(20)
    expect(texts()).toEqual(textsOf(20))
    await until(() => lagIn(topic)).toBe(0)
    expect(reader.isRepeating()).toBe(false)
  },
)

test.skipIf(isMissing)(
  'a reader that is closed while a batch fails does not commit it: the next one has it',
  async () => {
    const topic = await newTopic(admin)
    await fillTopic(connection, topic, recordsOf(20))
    const isTried = Promise.withResolvers<void>()
    const failing = await read(topic, async () => {
      isTried.resolve()
      throw new Error('not now')
    })
    await isTried.promise
    await failing.close()
    expect(await lagIn(topic)).toBe(20)
    const { records, texts, handle } = collector()
    await read(topic, handle)
    await until(() => records.length).toBe(20)
    expect(inOrder(texts())).toEqual(textsOf(20))
  },
)

test.skipIf(isMissing)(
  'two readers of a group share a topic: between them they read all of it, and what one leaves the other takes over',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    const all = collector()
    const one = await read(topic, all.handle)
    await fillTopic(connection, topic, recordsOf(100))
    await until(() => new Set(all.texts()).size).toBe(100)
    await until(() => lagIn(topic)).toBe(0)
    const second = collector()
    await read(topic, second.handle)
    // Both have partitions now: what is written reaches both.
    await until(async () => {
      await fillTopic(connection, topic, recordsOf(14, 100))
      return second.records.length
    }).toBeGreaterThan(0)
    await one.close()
    await fillTopic(connection, topic, recordsOf(100, 200))
    await until(() => lagIn(topic)).toBe(0)
    const read200 = new Set(
      [...all.texts(), ...second.texts()].filter((text) => Number(text) >= 200),
    )
    expect(inOrder([...read200])).toEqual(textsOf(100, 200))
  },
)

test.skipIf(isMissing)(
  'a reader that was thrown out of its group joins it again and skips nothing',
  async () => {
    const topic = await newTopic(admin)
    const { records, texts, handle } = collector()
    const reader = await read(topic, handle)
    await fillTopic(connection, topic, recordsOf(20))
    await until(() => records.length).toBe(20)
    const owner = new Admin(clientOptionsOf(connection, 'reader-test'))
    const group = `reader-test.${topic}`
    const members = async () => [
      ...((await owner.describeGroups({ groups: [group] })).get(group)?.members.keys() ?? []),
    ]
    const [thrownOut] = await members()
    await owner.removeMembersFromConsumerGroup({ groupId: group, members: null })
    await fillTopic(connection, topic, recordsOf(20, 20))
    await until(() => new Set(texts()).size).toBe(40)
    await until(() => lagIn(topic)).toBe(0)
    expect(reader.fault()).toBeUndefined()
    expect(await members()).toEqual([expect.any(String)])
    expect(await members()).not.toEqual([thrownOut])
    await owner.close()
  },
)

test.skipIf(isMissing)(
  'a broker that is killed and started again: a reader goes on by itself and skips nothing, and one that is closed meanwhile does not wait for it',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    const { records, texts, handle } = collector()
    const { log, errors } = captureLog()
    const reader = await read(topic, handle, log)
    await fillTopic(connection, topic, recordsOf(200))
    await until(() => records.length).toBe(200)
    const inHand = await newTopic(admin)
    await fillTopic(connection, inHand, recordsOf(20))
    const isInHand = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const cutOff = await read(inHand, () => {
      isInHand.resolve()
      return mayEnd.promise
    })
    await isInHand.promise

    await kafka.nodes[0]?.kill()
    mayEnd.resolve()
    const closedAt = performance.now()
    await cutOff.close()
    expect(performance.now() - closedAt).toBeLessThan(9_000)
    await kafka.nodes[0]?.start()
    await kafka.untilReady()
    await until(() =>
      fillTopic(connection, topic, recordsOf(200, 200)).then(() => 'sent', String),
    ).toBe('sent')
    await until(() => new Set(texts()).size).toBe(400)
    expect(inOrder([...new Set(texts())])).toEqual(textsOf(400))
    expect(reader.fault()).toBeUndefined()
    expect(errors).toEqual([])
    await until(() => lagIn(topic)).toBe(0)
    // What could not be committed comes again, to whoever comes next.
    expect(await lagIn(inHand)).toBe(20)
  },
  40_000,
)

test.skipIf(isMissing)(
  'records that are deleted before they were read raise an alarm, and reading goes on with the first that is left',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    const { records, handle } = collector()
    const { log, errors } = captureLog()
    const mayGoOn = Promise.withResolvers<void>()
    await read(
      topic,
      async (batch) => {
        await mayGoOn.promise
        await handle(batch)
      },
      log,
    )
    // More than a reader takes into memory while it waits.
    const large = recordsOf(6_000).map(({ key, value }) => ({
      key,
      value: Buffer.concat([value, Buffer.alloc(1_200, ' ')]),
    }))
    for (let from = 0; from < large.length; from += 500)
      await fillTopic(connection, topic, large.slice(from, from + 500))
    const owner = new Admin(clientOptionsOf(connection, 'reader-test'))
    await owner.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 0, offset: 5_900n }] }],
    })
    await owner.close()
    mayGoOn.resolve()
    await until(() => records.at(-1)?.offset).toBe(5_999n)
    expect(new Set(errors)).toEqual(
      new Set(['ALARM: records are gone that this group has not read']),
    )
    expect(records.filter(({ offset }) => offset >= 5_900n)).toHaveLength(100)
    await until(() => lagIn(topic)).toBe(0)
  },
)
