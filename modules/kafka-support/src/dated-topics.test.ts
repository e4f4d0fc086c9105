import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { Admin } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientOptionsOf } from './client-options.ts'
import { topicDayOf } from './dated-topic.ts'
import { createDatedTopics, type DatedTopics, daysToDelete } from './dated-topics.ts'
import { fillTopic, newTopic, recordsOf, silentLog, waitForLeaders } from './kafka-fixture.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'
import { readTopic } from './topic-reader.ts'
import { groupOf } from './consumer-group.ts'

const isMissing = await kafkaIsMissing()
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let connection: KafkaConnection
let admin: TopicAdmin

beforeAll(async () => {
  if (isMissing) return
  kafka = await startTestKafka()
  connection = { brokers: [kafka.brokers] }
  admin = createTopicAdmin(connection, 'topics-test')
})
afterAll(async () => {
  await admin?.close()
  await kafka?.stop()
})

const topicsNamed = (prefix: string, by = admin): DatedTopics =>
  createDatedTopics({ admin: by, prefix, replicationFactor: 1, listeners: ['activity', 'search'] })

/** Reads the topic as the service would, up to this many records. */
async function readToEnd(service: string, topic: string, count: number): Promise<void> {
  let read = 0
  const reader = await readTopic({
    connection,
    clientId: service,
    topic,
    group: groupOf(service, topic),
    log: silentLog,
    async handle(records) {
      read += records.length
    },
  })
  await expect.poll(() => read, { timeout: 10_000, interval: 20 }).toBe(count)
  await reader.close()
}

test.skipIf(isMissing)(
  'concurrent requests create a day once: 6 partitions, retention of 7 days, no compaction',
  async () => {
    const topics = topicsNamed('create')
    expect(await topics.exists('20261125')).toBe(false)
    const admins = Array.from({ length: 5 }, () => createTopicAdmin(connection, 'topics-test'))
    const made = await Promise.all(
      admins.map((one) => topicsNamed('create', one).create('20261125')),
    )
    for (const one of admins) await one.close()
    expect(made.filter((isNew) => isNew)).toHaveLength(1)
    expect(await topics.create('20261125')).toBe(false)
    expect(await topics.exists('20261125')).toBe(true)

    const topic = 'create-20261125'
    await waitForLeaders(admin, topic)
    expect((await admin.rangesOf([topic])).get(topic)?.end.size).toBe(6)
    const owner = new Admin(clientOptionsOf(connection, 'topics-test'))
    const [described] = await owner.describeConfigs({
      resources: [
        {
          resourceType: 2,
          resourceName: topic,
          configurationKeys: ['cleanup.policy', 'retention.ms'],
        },
      ],
    })
    await owner.close()
    expect(
      Object.fromEntries(described?.configs.map(({ name, value }) => [name, value]) ?? []),
    ).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': '604800000',
    })
  },
)

test.skipIf(isMissing)(
  'days are listed in order, with the lag of every listener, even of one that never read',
  async () => {
    const topics = topicsNamed('list')
    for (const day of ['20270101', '20261231']) await topics.create(day)
    // Topics with an impossible day or another prefix are not listed.
    for (const topic of ['list-20260230', 'list-of-20261231', 'listen-20261231'])
      await newTopic(admin, { topic })
    const topic = topics.topicOf('20261231')
    await waitForLeaders(admin, topic)
    await fillTopic(connection, topic, recordsOf(10))
    await readToEnd('search', topic, 10)
    await fillTopic(connection, topic, recordsOf(3, 10))
    await waitForLeaders(admin, topics.topicOf('20270101'))
    expect(await topics.list()).toEqual([
      {
        topic,
        day: '20261231',
        records: 13,
        lags: { 'activity.list-20261231': 13, 'search.list-20261231': 3 },
      },
      {
        topic: 'list-20270101',
        day: '20270101',
        records: 0,
        lags: { 'activity.list-20270101': 0, 'search.list-20270101': 0 },
      },
    ])
  },
)

test.skipIf(isMissing)(
  'a day is deleted with its groups once every group has read it, including unknown groups',
  async () => {
    const topics = topicsNamed('delete')
    await topics.create('20261101')
    const topic = topics.topicOf('20261101')
    await waitForLeaders(admin, topic)
    await fillTopic(connection, topic, recordsOf(10))
    await readToEnd('activity', topic, 10)
    await readToEnd('reports', topic, 10)
    await fillTopic(connection, topic, recordsOf(2, 10))
    expect(await topics.delete('20261101')).toEqual({
      outcome: 'UNREAD',
      lags: { [`activity.${topic}`]: 2, [`reports.${topic}`]: 2, [`search.${topic}`]: 12 },
    })
    await readToEnd('activity', topic, 2)
    await readToEnd('search', topic, 12)
    expect(await topics.delete('20261101')).toEqual({
      outcome: 'UNREAD',
      lags: { [`reports.${topic}`]: 2 },
    })
    await readToEnd('reports', topic, 2)

    expect(await topics.delete('20261101', { isDryRun: true })).toEqual({ outcome: 'DELETED' })
    expect(await topics.exists('20261101')).toBe(true)
    expect((await admin.listGroups()).filter((group) => group.endsWith(topic))).toHaveLength(3)

    expect(await topics.delete('20261101')).toEqual({ outcome: 'DELETED' })
    await expect.poll(() => topics.exists('20261101'), { timeout: 5_000 }).toBe(false)
    expect((await admin.listGroups()).filter((group) => group.endsWith(topic))).toEqual([])
    expect(await topics.delete('20261101')).toEqual({ outcome: 'NOT_THERE' })
  },
)

test('a day becomes deletable at the midnight in Seoul that ends its seven days', () => {
  const days = ['20261116', '20261117', '20261118']
  expect(
    daysToDelete(days, topicDayOf(new Date('2026-11-24T14:59:59.999Z'), 'Asia/Seoul')),
  ).toEqual(['20261116'])
  expect(
    daysToDelete(days, topicDayOf(new Date('2026-11-24T15:00:00.000Z'), 'Asia/Seoul')),
  ).toEqual(['20261116', '20261117'])
})
