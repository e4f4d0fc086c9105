import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { addDays, datedTopicOf, type TopicDay } from './dated-topic.ts'
import { createDatedTopics, daysToDelete, type DatedTopics } from './dated-topics.ts'
import { createEventProducer, type EventProducer } from './event-producer.ts'
import { waitForLeaders } from './kafka-fixture.ts'
import type { KafkaConnection } from './kafka-settings.ts'
import { createTopicAdmin, type TopicAdmin } from './topic-admin.ts'
import { superviseTopics, type TopicSupervisor } from './topic-supervisor.ts'

const isMissing = await kafkaIsMissing()
const log = { info() {}, warn() {}, error() {} }
let kafka: Awaited<ReturnType<typeof startTestKafka>>
let connection: KafkaConnection
let admin: TopicAdmin
let producer: EventProducer
let supervisor: TopicSupervisor | undefined
let prefixes = 0

beforeAll(async () => {
  if (isMissing) return
  kafka = await startTestKafka()
  connection = { brokers: kafka.brokers.split(',') }
  admin = createTopicAdmin(connection, 'test')
  producer = createEventProducer({ connection, acks: '1', clientId: 'test' })
})
afterEach(async () => {
  await supervisor?.stop()
  supervisor = undefined
})
afterAll(async () => {
  await producer?.close()
  await admin?.close()
  await kafka?.stop()
})

/** A supervised listener of its own topics, with an adjustable day. */
function listen(first: TopicDay) {
  prefixes += 1
  const prefix = `days${prefixes}`
  const topics: DatedTopics = createDatedTopics({
    admin,
    prefix,
    replicationFactor: 1,
    listeners: ['activity'],
  })
  const clock = { today: first, beforeHandling: async (_values: string[]): Promise<void> => {} }
  const read: string[] = []
  const start = () => {
    supervisor = superviseTopics({
      connection,
      admin,
      service: 'activity',
      prefix,
      today: () => clock.today,
      handle: async (records) => {
        await clock.beforeHandling(records.map(({ value }) => String(value)))
        read.push(...records.map(({ value }) => String(value)))
      },
      log,
      roundMilliseconds: 100,
      stallMilliseconds: 2_000,
    })
    return supervisor
  }
  return { prefix, topics, clock, read, start }
}

/** Waits for leaders first: a repeated send would duplicate the records of the other partitions. */
async function send(topic: string, ...values: string[]): Promise<void> {
  const records = values.map((value, n) => ({ key: `post:${n}`, value: Buffer.from(value) }))
  await waitForLeaders(admin, topic)
  await expect
    .poll(
      () =>
        producer.send(topic, records).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true)
}

test.skipIf(isMissing)(
  'tomorrow is read before midnight, and no record around midnight is skipped',
  async () => {
    const { topics, clock, read, start } = listen('20261231')
    await topics.create('20261231')
    await topics.create('20270101')
    start()
    await expect.poll(() => supervisor?.topics().length, { timeout: 10_000 }).toBe(2)
    await send(topics.topicOf('20261231'), 'before')
    // The clock of this publisher is ahead.
    await send(topics.topicOf('20270101'), 'early')
    clock.today = '20270101'
    await send(topics.topicOf('20270101'), 'after')
    await send(topics.topicOf('20261231'), 'late')
    await expect
      .poll(() => [...read].sort(), { timeout: 10_000 })
      .toEqual(['after', 'before', 'early', 'late'])
  },
)

test.skipIf(isMissing)(
  'every day of a month is read once; read days are closed, and deleted after a week',
  async () => {
    const { topics, clock, read, start } = listen('20261101')
    await topics.create('20261101')
    start()
    const expected: string[] = []
    for (let n = 0; n < 30; n += 1) {
      const today = addDays('20261101', n)
      clock.today = today
      await topics.create(addDays(today, 1))
      const values = [`${today} a`, `${today} b`, `${today} c`]
      await send(topics.topicOf(today), ...values)
      expected.push(...values)
    }
    await expect
      .poll(() => read.length, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(expected.length)
    expect([...read].sort()).toEqual(expected)
    await expect
      .poll(() => supervisor?.topics(), { timeout: 20_000 })
      .toEqual([addDays(clock.today, -1), clock.today, addDays(clock.today, 1)].map(topics.topicOf))

    const days = (await topics.list()).map(({ day }) => day)
    const old = daysToDelete(days, clock.today)
    expect(old).toHaveLength(22)
    for (const day of old) expect(await topics.delete(day)).toEqual({ outcome: 'DELETED' })
    await expect
      .poll(async () => (await topics.list()).map(({ day }) => day))
      .toEqual(days.filter((day) => !old.includes(day)))
    expect(
      (await admin.listGroups()).filter((group) =>
        old.some((day) => group.endsWith(topics.topicOf(day))),
      ),
    ).toEqual([])
  },
  90_000,
)

test.skipIf(isMissing)(
  'a clock that jumps by days causes neither duplicates nor gaps',
  async () => {
    const { topics, clock, read, start } = listen('20261110')
    for (const day of ['20261109', '20261110', '20261111', '20261113']) await topics.create(day)
    start()
    await send(topics.topicOf('20261110'), 'one')
    await expect.poll(() => read.length, { timeout: 10_000 }).toBe(1)
    clock.today = '20261113'
    await send(topics.topicOf('20261113'), 'ahead')
    await expect.poll(() => read.length, { timeout: 10_000 }).toBe(2)
    clock.today = '20261109'
    await send(topics.topicOf('20261109'), 'behind')
    clock.today = '20261110'
    await send(topics.topicOf('20261110'), 'two')
    await expect
      .poll(() => [...read].sort(), { timeout: 10_000 })
      .toEqual(['ahead', 'behind', 'one', 'two'])
  },
)

test.skipIf(isMissing)(
  'an older day with unread records is read, and can be deleted only afterwards',
  async () => {
    const { prefix, topics, read, start } = listen('20261130')
    const old = '20261101'
    await topics.create(old)
    await send(datedTopicOf(prefix, old), 'left over')
    expect(await topics.delete(old)).toMatchObject({
      outcome: 'UNREAD',
      lags: { [`activity.${prefix}-${old}`]: 1 },
    })
    expect(await topics.delete(old, { isDryRun: true })).toMatchObject({ outcome: 'UNREAD' })
    start()
    await expect.poll(() => read, { timeout: 10_000 }).toEqual(['left over'])
    await expect
      .poll(async () => (await topics.delete(old)).outcome, { timeout: 10_000 })
      .toBe('DELETED')
    expect(await topics.delete(old)).toEqual({ outcome: 'NOT_THERE' })
  },
)

test.skipIf(isMissing)('deleting a topic during reading does not disturb other days', async () => {
  const { topics, read, start } = listen('20261120')
  await topics.create('20261120')
  await topics.create('20261121')
  start()
  await send(topics.topicOf('20261120'), 'first')
  await send(topics.topicOf('20261121'), 'other day')
  await expect.poll(() => read.length, { timeout: 10_000 }).toBe(2)
  await admin.deleteTopic(topics.topicOf('20261121'))
  // Records of the other day arrive while the supervisor closes the reader.
  let sent = 0
  await expect
    .poll(
      async () => {
        await send(topics.topicOf('20261120'), `other ${sent}`)
        sent += 1
        return supervisor?.topics()
      },
      { timeout: 30_000 },
    )
    .toEqual([topics.topicOf('20261120')])
  await send(topics.topicOf('20261120'), 'last')
  await expect.poll(() => read.length, { timeout: 10_000 }).toBe(2 + sent + 1)
})

test.skipIf(isMissing)(
  'readers resume by themselves after a broker was killed and restarted',
  { timeout: 60_000 },
  async () => {
    const { topics, read, start } = listen('20261122')
    await topics.create('20261122')
    start()
    await send(topics.topicOf('20261122'), 'before')
    await expect.poll(() => read.length, { timeout: 10_000 }).toBe(1)
    await kafka.nodes[0]?.kill()
    await kafka.nodes[0]?.start()
    await kafka.untilReady()
    await send(topics.topicOf('20261122'), 'after')
    await expect.poll(() => [...new Set(read)], { timeout: 20_000 }).toEqual(['before', 'after'])
  },
)

test.skipIf(isMissing)(
  'a partition that stalls while others progress gets a new reader',
  async () => {
    const { topics, clock, read, start } = listen('20261124')
    await topics.create('20261124')
    let hangs = 0
    clock.beforeHandling = async (values) => {
      if (!values.includes('hangs') || hangs > 0) return
      hangs += 1
      await new Promise(() => {})
    }
    start()
    const sent = ['hangs', 'other 0']
    await send(topics.topicOf('20261124'), ...sent)
    // The other partition progresses until the stalled one has its new reader.
    await expect
      .poll(
        async () => {
          const next = [`behind ${sent.length}`, `other ${sent.length}`]
          await send(topics.topicOf('20261124'), ...next)
          sent.push(...next)
          return supervisor?.restarts()
        },
        { timeout: 40_000, interval: 200 },
      )
      .toBeGreaterThanOrEqual(1)
    await expect
      .poll(() => [...new Set(read)].sort(), { timeout: 30_000 })
      .toEqual([...new Set(sent)].sort())
    expect(read.indexOf('hangs')).toBeLessThan(read.indexOf('behind 2'))
  },
  90_000,
)
