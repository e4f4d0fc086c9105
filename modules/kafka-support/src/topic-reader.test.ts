import { yieldToEventLoop } from '@dailyfeed/concurrency/yield-to-event-loop'
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
/** A handler that collects its records. */
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
const until = <Value>(value: () => Value | Promise<Value>) =>
  expect.poll(value, { timeout: 15_000, interval: 20 })
const expectOrderOfKeys = (records: readonly TopicRecord[]) => {
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
  'a new group reads a topic from its first record, in the order of each key',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    await fillTopic(connection, topic, recordsOf(1_300))
    const { records, texts, handle } = collector()
    let inFlight = 0
    let maxInFlight = 0
    let largest = 0
    const areTwoInFlight = Promise.withResolvers<void>()
    await read(topic, async (batch) => {
      inFlight += 1
      maxInFlight = Math.max(maxInFlight, inFlight)
      if (inFlight === 2) areTwoInFlight.resolve()
      largest = Math.max(largest, batch.length)
      await areTwoInFlight.promise
      await handle(batch)
      inFlight -= 1
    })
    await until(() => records.length).toBe(1_300)
    expect(inOrder(texts())).toEqual(textsOf(1_300))
    expect(largest).toBeLessThanOrEqual(500)
    expect(maxInFlight).toBe(2)
    expectOrderOfKeys(records)
    await until(() => lagIn(topic)).toBe(0)
  },
)

test.skipIf(isMissing)(
  'a record is delivered with its key, bytes, partition, offset and time',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    const bytes = Buffer.from([0, 255, 195, 40])
    const sentAfter = Date.now()
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
    expect(records[1]?.timestamp).toBeGreaterThanOrEqual(sentAfter)
    expect(records[1]?.timestamp).toBeLessThanOrEqual(Date.now())
  },
)

test.skipIf(isMissing)(
  'close() finishes and commits the batch in flight; the next reader continues after it',
  async () => {
    const topic = await newTopic(admin)
    await fillTopic(connection, topic, recordsOf(50))
    const first = collector()
    const isInFlight = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const reader = await read(topic, async (batch) => {
      isInFlight.resolve()
      await mayEnd.promise
      await first.handle(batch)
    })
    await isInFlight.promise
    const order: string[] = []
    const closing = reader.close().then(() => order.push('closed'))
    await yieldToEventLoop()
    order.push('batch ends')
    mayEnd.resolve()
    await closing
    expect(order).toEqual(['batch ends', 'closed'])
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
  'a failing batch is retried in smaller parts without a commit, and committed once it succeeds',
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
    for (const [n, batch] of tries.entries()) {
      expect(batch).toEqual(textsOf(20).slice(0, batch.length))
      expect(batch.length).toBeLessThanOrEqual(Math.max(1, (tries[n - 1]?.length ?? 40) / 2))
    }
    expect(reader.isRetrying()).toBe(true)
    expect(reader.fault()).toBeUndefined()
    expect(await lagIn(topic)).toBe(20)
    // One warning, not one per retry.
    expect(warnings).toEqual(['batch failed; it is retried, and reading pauses'])

    fails = false
    await until(() => records.length).toBe(20)
    expect(texts()).toEqual(textsOf(20))
    await until(() => lagIn(topic)).toBe(0)
    expect(reader.isRetrying()).toBe(false)
  },
)

test.skipIf(isMissing)(
  'close() does not commit a failing batch, which the next reader receives',
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
  'two readers of a group share a topic, and one takes over the partitions of the other',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    const all = collector()
    const one = await read(topic, all.handle)
    await fillTopic(connection, topic, recordsOf(100))
    await until(() => new Set(all.texts()).size).toBe(100)
    await until(() => lagIn(topic)).toBe(0)
    const second = collector()
    await read(topic, second.handle)
    // Records reach the second reader once partitions are assigned to it.
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
  'a reader that was removed from its group joins again and skips no record',
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
    const [removed] = await members()
    await owner.removeMembersFromConsumerGroup({ groupId: group, members: null })
    await fillTopic(connection, topic, recordsOf(20, 20))
    await until(() => new Set(texts()).size).toBe(40)
    await until(() => lagIn(topic)).toBe(0)
    expect(reader.fault()).toBeUndefined()
    expect(await members()).toEqual([expect.any(String)])
    expect(await members()).not.toEqual([removed])
    await owner.close()
  },
)

test.skipIf(isMissing)(
  'after a broker restart a reader resumes without a gap; close() does not wait for the broker',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    const { records, texts, handle } = collector()
    const { log, errors } = captureLog()
    const reader = await read(topic, handle, log)
    await fillTopic(connection, topic, recordsOf(200))
    await until(() => records.length).toBe(200)
    const other = await newTopic(admin)
    await fillTopic(connection, other, recordsOf(20))
    const isInFlight = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const disconnected = await read(other, () => {
      isInFlight.resolve()
      return mayEnd.promise
    })
    await isInFlight.promise

    await kafka.nodes[0]?.kill()
    mayEnd.resolve()
    await disconnected.close()
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
    // The batch of the closed reader was not committed: its group's next reader receives it.
    expect(await lagIn(other)).toBe(20)
  },
  60_000,
)

test.skipIf(isMissing)(
  'records deleted before they were read raise an alarm, and reading continues after them',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    const { records, handle } = collector()
    const { log, errors } = captureLog()
    const mayContinue = Promise.withResolvers<void>()
    await read(
      topic,
      async (batch) => {
        await mayContinue.promise
        await handle(batch)
      },
      log,
    )
    // More than a reader queues while its handler waits.
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
    mayContinue.resolve()
    await until(() => records.at(-1)?.offset).toBe(5_999n)
    expect(new Set(errors)).toEqual(
      new Set(['ALARM: records were deleted before this group read them']),
    )
    expect(records.filter(({ offset }) => offset >= 5_900n)).toHaveLength(100)
    await until(() => lagIn(topic)).toBe(0)
  },
)
