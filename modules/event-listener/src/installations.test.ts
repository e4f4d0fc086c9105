import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { type KafkaCluster, openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { Destination } from '@dailyfeed/outbox/destination'
import { deliverToKafka } from '@dailyfeed/outbox/kafka-delivery'
import { createFindInstallation } from '@dailyfeed/postgres-support/installation.queries'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { EventHandler } from './event-handler.ts'
import { registerListener } from './register-listener.ts'

const isMissing = await kafkaIsMissing()
const TIME_ZONE = 'Asia/Seoul'
const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'

interface Installation {
  id: string
  database: TestDatabase
  sql: Sql
  kafka: KafkaCluster
  destination: Destination
  app: HttpServer
  alarms: { fields: Record<string, unknown>; message: string }[]
  applied(): Promise<number[]>
  deliver(numbers: readonly number[]): Promise<void>
}

let broker: Awaited<ReturnType<typeof startTestKafka>>
let installations: Installation[] = []

const counted: EventHandler = {
  name: 'counted',
  usesInbox: true,
  handles: () => true,
  async apply(transaction, events) {
    await transaction`
      insert into content.counted
      select unnest(${events.map(({ memberId }) => memberId)}::bigint[])`
    return events.length
  },
}

/** One installation with a database of its own, on the topics of the other. */
async function startInstallation(): Promise<Installation> {
  const database = await testDatabase()
  // The databases of tests are copies of one: as an operator who has copied a database does it.
  const [row] = await database.sql<[{ id: string }]>`
    update event_support.installation set id = gen_random_uuid() returning id`
  await database.sql`create table content.counted (n bigint)`
  await database.sql`grant select, insert on content.counted to dailyfeed_content`
  const sql = openPool({ url: database.urlOf('content'), max: 4, name: 'installations-test' })
  const kafka = openKafkaCluster(
    {
      KAFKA_BROKERS: broker.brokers,
      KAFKA_ACKS: 'all',
      KAFKA_REPLICATION_FACTOR: 1,
      KAFKA_TOPIC: 'shared',
      KAFKA_TLS: 'off',
    },
    { service: 'content', listeners: ['content'] },
  ) as KafkaCluster
  const { connection } = kafka
  const destination = deliverToKafka({
    producer: createEventProducer({ connection, acks: 'all', clientId: 'publisher' }),
    topics: kafka.topics,
    timeZone: TIME_ZONE,
    findInstallation: createFindInstallation(sql),
  })
  const alarms: Installation['alarms'] = []
  const log = createLog('installations-test', 'silent')
  vi.spyOn(log, 'error').mockImplementation((...entry: unknown[]) => {
    alarms.push({ fields: entry[0] as Record<string, unknown>, message: String(entry[1]) })
  })
  const app = await createHttpServer({
    service: 'content',
    log,
    verifier: (await testTokens()).verifier,
    callers: `batch:${hashOfToken(BATCH_TOKEN)}`,
  })
  registerListener(app, {
    sql,
    service: 'content',
    handlers: [counted],
    kafka,
    timeZone: TIME_ZONE,
  })
  return {
    id: row.id,
    database,
    sql,
    kafka,
    destination,
    app,
    alarms,
    applied: async () =>
      (await database.sql`select n from content.counted order by n`).map(({ n }) => n as number),
    deliver: (numbers) =>
      destination.deliver(
        numbers.map((n) => ({
          partitionKey: `post:${n % 11}`,
          json: JSON.stringify(activityEvent(n, { memberId: n })),
        })),
        Date.now(),
      ),
  }
}

const until = <Value>(look: () => Value | Promise<Value>) =>
  expect.poll(look, { timeout: 30_000, interval: 50 })
const numbersOf = (count: number, from: number) => Array.from({ length: count }, (_, n) => from + n)
const today = () => topicDayOf(new Date(), TIME_ZONE)

beforeAll(async () => {
  if (isMissing) return
  broker = await startTestKafka()
  installations = [await startInstallation(), await startInstallation()]
})
afterAll(async () => {
  for (const { app, destination, kafka, sql, database } of installations) {
    await app.close()
    await destination.close()
    await kafka.close()
    await sql.end({ timeout: 1 })
    await database.drop()
  }
  await broker?.stop()
})

test.skipIf(isMissing)(
  'two installations on one topic apply their own events only, and name each other in an alarm',
  { timeout: 120_000 },
  async () => {
    const [first, second] = installations as [Installation, Installation]
    await until(() => first.deliver([1]).then(() => 'delivered', String)).toBe('delivered')
    await first.app.listen({ host: '127.0.0.1', port: 0 })
    await until(first.applied).toEqual([1])

    // At its start the second one finds the first one in its consumer group, before it has read a record.
    await second.app.listen({ host: '127.0.0.1', port: 0 })
    await until(() => second.alarms.map(({ message }) => message).join('\n')).toContain(
      'in the same consumer group',
    )
    await first.deliver(numbersOf(100, 100))
    await second.deliver(numbersOf(100, 200))
    await until(async () =>
      Object.values(
        (await first.kafka.topics.list()).find(({ day }) => day === today())?.lags ?? {},
      ),
    ).toEqual([0])
    expect((await first.applied()).filter((n) => n >= 200)).toEqual([])
    expect((await second.applied()).filter((n) => n < 200)).toEqual([])
    expect((await first.applied()).length + (await second.applied()).length).toBeGreaterThan(1)

    const foreign = [...first.alarms, ...second.alarms].filter(({ message }) =>
      message.includes('a topic holds events of another installation'),
    )
    expect(foreign.length).toBeGreaterThan(0)
    for (const { fields } of foreign)
      expect([fields['installation'], fields['otherInstallation']].sort()).toEqual(
        [first.id, second.id].sort(),
      )
    const detected = await Promise.all(
      [first, second].map(async ({ app }) => {
        const { body } = await app.inject({ url: '/healthz/ready' })
        return JSON.parse(body).components.installation
      }),
    )
    expect(detected.map(({ state }) => state)).toContain('FAILING')
    expect(JSON.stringify(detected)).toContain(first.id)
    expect(JSON.stringify(detected)).toContain(second.id)
    const { body: metrics } = await first.app.inject({ url: '/metrics' })
    expect(`${metrics}${(await second.app.inject({ url: '/metrics' })).body}`).toMatch(
      /listener_foreign_records_total\{installation="[0-9a-f-]{36}"[^}]*\} [1-9]/,
    )
  },
)

test.skipIf(isMissing)(
  'a replay leaves the events of the other installation out, and records without a header in',
  { timeout: 120_000 },
  async () => {
    const [first] = installations as [Installation]
    const topic = first.kafka.topics.topicOf(today())
    const older = createEventProducer({
      connection: first.kafka.connection,
      acks: 'all',
      clientId: 'older-release',
    })
    await older.send(topic, [
      { key: 'post:1', value: Buffer.from(JSON.stringify(activityEvent(300, { memberId: 300 }))) },
    ])
    await older.close()
    const answer = await first.app.inject({
      method: 'POST',
      url: '/internal/topics/replay',
      headers: { [INTERNAL_TOKEN]: BATCH_TOKEN },
      payload: { day: today() },
    })
    expect(JSON.parse(answer.body.trim().split('\n').at(-1) ?? 'null').report).toMatchObject({
      records: 102,
      deadLettered: 0,
    })
    expect(await first.applied()).toEqual([1, ...numbersOf(100, 100), 300])
  },
)
