import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { Admin } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UnknownTopicError } from './broker-fault.ts'
import { clientOptionsOf } from './client-options.ts'
import {
  fillTopic,
  inOrder,
  newTopic,
  recordsOf,
  silentLog,
  textOf,
  textsOf,
} from './kafka-fixture.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'
import { readTopic } from './topic-reader.ts'
import { replayTopic } from './topic-replay.ts'

type ReplayOptions = Parameters<typeof replayTopic>[0]

const isMissing = await kafkaIsMissing()
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let connection: KafkaConnection
let admin: TopicAdmin

beforeAll(async () => {
  if (isMissing) return
  kafka = await startTestKafka()
  connection = { brokers: [kafka.brokers] }
  admin = createTopicAdmin(connection, 'replay-test')
})
afterAll(async () => {
  await admin?.close()
  await kafka?.stop()
})

const replay = (topic: string, options: Partial<ReplayOptions>) =>
  replayTopic({
    connection,
    admin,
    clientId: 'replay-test',
    topic,
    async handle() {},
    onProgress() {},
    log: silentLog,
    ...options,
  })
const replayGroups = async () =>
  (await admin.listGroups()).filter((group) => group.startsWith('replay.'))

test.skipIf(isMissing)(
  'a replay reads from the first record to the end of its start, and moves no listener’s offsets',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    await fillTopic(connection, topic, recordsOf(600))
    const group = `listener.${topic}`
    let listened = 0
    const listener = await readTopic({
      connection,
      clientId: 'listener',
      topic,
      group,
      log: silentLog,
      async handle(records) {
        listened += records.length
      },
    })
    await expect.poll(() => listened, { timeout: 10_000, interval: 20 }).toBe(600)
    await listener.close()
    const committed = await admin.committedOffsetsOf(group, topic)

    const replayed: string[] = []
    const progress: [done: number, of: number][] = []
    let isFilled = false
    const done = await replay(topic, {
      onProgress: (...one) => void progress.push(one),
      async handle(records) {
        // Records that arrive during the replay are left to the listeners.
        if (!isFilled) await fillTopic(connection, topic, recordsOf(100, 600))
        isFilled = true
        replayed.push(...records.map(textOf))
      },
    })
    expect(done).toBe(600)
    expect(inOrder(replayed)).toEqual(textsOf(600))
    expect(progress.at(0)).toEqual([0, 600])
    expect(progress.at(-1)).toEqual([600, 600])
    expect(progress.map(([at]) => at)).toEqual(progress.map(([at]) => at).sort((a, b) => a - b))
    expect(await admin.committedOffsetsOf(group, topic)).toEqual(committed)
    expect(await replayGroups()).toEqual([])
  },
)

test.skipIf(isMissing)(
  'a replay of an empty topic ends at once, and one of an unknown topic throws',
  async () => {
    const progress: number[][] = []
    expect(
      await replay(await newTopic(admin), { onProgress: (...one) => void progress.push(one) }),
    ).toBe(0)
    expect(progress).toEqual([[0, 0]])
    await expect(replay('not-there', {})).rejects.toBeInstanceOf(UnknownTopicError)
    expect(await replayGroups()).toEqual([])
  },
)

test.skipIf(isMissing)(
  'an error of the handler ends the replay, and no further batch is handled',
  async () => {
    const topic = await newTopic(admin, { partitions: 1 })
    await fillTopic(connection, topic, recordsOf(600))
    let calls = 0
    const away = new Error('the database is away')
    await expect(
      replay(topic, {
        async handle() {
          calls += 1
          throw away
        },
      }),
    ).rejects.toBe(away)
    expect(calls).toBe(1)
    expect(await replayGroups()).toEqual([])
  },
)

test.skipIf(isMissing)('an abort signal ends a replay, before and during the reading', async () => {
  const topic = await newTopic(admin)
  await fillTopic(connection, topic, recordsOf(50))
  const reason = new Error('aborted')
  const controller = new AbortController()
  await expect(
    replay(topic, {
      signal: controller.signal,
      async handle() {
        controller.abort(reason)
      },
    }),
  ).rejects.toBe(reason)
  await expect(replay(topic, { signal: controller.signal })).rejects.toBe(reason)
  expect(await replayGroups()).toEqual([])
})

/** Fills the topic with more than a reader queues. */
async function fillWithLarge(topic: string): Promise<void> {
  const large = recordsOf(5_000).map(({ key, value }) => ({
    key,
    value: Buffer.concat([value, Buffer.alloc(1_200, ' ')]),
  }))
  for (let from = 0; from < large.length; from += 500)
    await fillTopic(connection, topic, large.slice(from, from + 500))
}

test.skipIf(isMissing)(
  'deleting a topic during its replay ends the replay with an error',
  async () => {
    const topic = await newTopic(admin, { partitions: 6 })
    await fillWithLarge(topic)
    let isDeleted = false
    await expect(
      replay(topic, {
        async handle() {
          if (!isDeleted) await admin.deleteTopic(topic)
          isDeleted = true
        },
      }),
    ).rejects.toBeInstanceOf(UnknownTopicError)
  },
)

test.skipIf(isMissing)('a replay ends although records were deleted during it', async () => {
  const topic = await newTopic(admin, { partitions: 1 })
  await fillWithLarge(topic)
  const owner = new Admin(clientOptionsOf(connection, 'replay-test'))
  let isDeleted = false
  const done = await replay(topic, {
    async handle() {
      if (!isDeleted)
        await owner.deleteRecords({
          topics: [{ name: topic, partitions: [{ partition: 0, offset: 5_000n }] }],
        })
      isDeleted = true
    },
  })
  await owner.close()
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(5_000)
})
