import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { topicDayOf } from '@dailyfeed/kafka-support/dated-topic'
import { createEventProducer, type EventProducer } from '@dailyfeed/kafka-support/event-producer'
import { type KafkaCluster, openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createFindInstallation } from '@dailyfeed/postgres-support/installation.queries'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { activityEvent } from '@dailyfeed/tests/activity-events'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { kafkaIsMissing, startTestKafka } from '@dailyfeed/tests/kafka'
import { redisIsMissing, startTestRedis } from '@dailyfeed/tests/redis'
import { startTcpProxy, type TcpProxy } from '@dailyfeed/tests/tcp-proxy'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Destination } from '@dailyfeed/outbox/destination'
import { deliverToKafka } from '@dailyfeed/outbox/kafka-delivery'
import type { EventHandler } from './event-handler.ts'
import { registerListener } from './register-listener.ts'

const isMissing = await kafkaIsMissing()
const isWithoutRedis = isMissing || (await redisIsMissing())
const TIME_ZONE = 'Asia/Seoul'
const TOKEN_OF_BATCH = 'the-token-of-batch-svc-in-tests-only-x'
const TOKEN_OF_TIMELINE = 'the-token-of-timeline-svc-in-tests-only-x'

let broker: Awaited<ReturnType<typeof startTestKafka>>
let database: TestDatabase
/** The proxy between the listener and the database. */
let link: TcpProxy
let sql: Sql
/** Each test has topics of its own. */
let kafka: KafkaCluster
let producer: EventProducer
let destination: Destination
let app: HttpServer | undefined
let redis: RedisClient | undefined
let prefixes = 0
/** How often the first handler was offered each event, by its member. */
const offers = new Map<number, number>()

/** Inserts a row per event, so that a second effect is visible; fails permanently for member 666. */
const counted: EventHandler = {
  name: 'counted',
  usesInbox: true,
  handles({ memberId }) {
    offers.set(memberId, (offers.get(memberId) ?? 0) + 1)
    return true
  },
  async apply(transaction, events) {
    if (events.some(({ memberId }) => memberId === 666))
      throw new TypeError('no handler for member 666')
    await transaction`
      insert into content.counted (n)
      select unnest(${events.map(({ memberId }) => memberId)}::bigint[])`
    return events.length
  },
}
/** An upsert of newer versions, which detects duplicates by itself. */
const upserted: EventHandler = {
  name: 'upserted',
  usesInbox: false,
  handles: ({ memberId }) => memberId !== 666,
  async apply(transaction, events) {
    const rows = [...new Map(events.map((event) => [event.memberId, event.version]))].sort(
      ([one], [other]) => one - other,
    )
    const { count } = await transaction`
      insert into content.kept (n, version)
      select * from unnest(
        ${rows.map(([n]) => n)}::bigint[], ${rows.map(([, version]) => version)}::bigint[])
      on conflict (n) do update set version = excluded.version where excluded.version > kept.version`
    return count
  },
  async findMissing(from, events) {
    const rows = await from<
      { n: number }[]
    >`select n from content.kept where n in ${from(events.map(({ memberId }) => memberId))}`
    const there = new Set(rows.map(({ n }) => n))
    return events.filter(({ memberId }) => !there.has(memberId))
  },
}

const eventOf = (n: number) =>
  activityEvent(n, {
    memberActivityType: n % 2 === 0 ? 'POST_READ' : 'POST_CREATE',
    memberId: n,
    postId: 1 + (n % 11),
  })
const eventsOf = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => eventOf(from + n))
const numbersOf = (count: number, from = 1) => Array.from({ length: count }, (_, n) => from + n)
const deliver = (events: MemberActivityEvent[]) =>
  destination.deliver(
    events.map((event) => ({ partitionKey: `post:${event.postId}`, json: JSON.stringify(event) })),
    Date.now(),
  )

async function start(): Promise<HttpServer> {
  const { verifier } = await testTokens()
  const callers = `batch:${hashOfToken(TOKEN_OF_BATCH)},timeline:${hashOfToken(TOKEN_OF_TIMELINE)}`
  app = await createHttpServer({
    service: 'content',
    log: createLog('test', 'silent'),
    verifier,
    callers,
  })
  registerListener(app, {
    sql,
    service: 'content',
    handlers: [counted, upserted],
    kafka,
    redis,
    timeZone: TIME_ZONE,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app
}

const today = () => topicDayOf(new Date(), TIME_ZONE)
const until = <Value>(look: () => Value | Promise<Value>) =>
  expect.poll(look, { timeout: 15_000, interval: 25 })
const countedOnes = async () =>
  (await database.sql<{ n: number }[]>`select n from content.counted order by n`).map(({ n }) => n)
const keptOnes = async () =>
  (await database.sql<{ n: number }[]>`select n from content.kept order by n`).map(({ n }) => n)
const letters = () =>
  database.sql`select * from content.dead_letter order by partition, record_offset`
const unread = async () =>
  Object.values((await kafka.topics.list()).find(({ day }) => day === today())?.lags ?? {})
async function untilOnce(numbers: number[]): Promise<void> {
  await until(unread).toEqual([0])
  expect([await countedOnes(), await keptOnes()]).toEqual([numbers, numbers])
}

beforeAll(async () => {
  if (isMissing) return
  ;[broker, database] = await Promise.all([startTestKafka(), testDatabase()])
  await database.sql`create table content.counted (n bigint)`
  await database.sql`create table content.kept (n bigint primary key, version bigint)`
  await database.sql`grant select, insert, update on content.counted, content.kept to dailyfeed_content`
  const url = new URL(database.urlOf('content'))
  link = await startTcpProxy({ port: Number(url.port) })
  url.port = String(link.port)
  sql = openPool({ url: url.href, max: 4, name: 'kafka-listening-test' })
})
beforeEach(async () => {
  if (isMissing) return
  prefixes += 1
  const config = {
    KAFKA_BROKERS: broker.brokers,
    KAFKA_ACKS: 'all',
    KAFKA_REPLICATION_FACTOR: 1,
    KAFKA_TOPIC: `listening${prefixes}`,
    KAFKA_TLS: 'off',
  } as const
  kafka = openKafkaCluster(config, { service: 'content', listeners: ['content'] }) as KafkaCluster
  producer = createEventProducer({
    connection: kafka.connection,
    acks: 'all',
    clientId: 'publisher',
  })
  destination = deliverToKafka({
    producer,
    topics: kafka.topics,
    timeZone: TIME_ZONE,
    findInstallation: createFindInstallation(sql),
  })
  await database.sql`truncate content.dead_letter, content.inbox, content.counted, content.kept restart identity`
  // The first event of a day creates its topic, whose leaders are elected a moment later.
  await until(() => deliver([eventOf(1)]).then(() => 'delivered', String)).toBe('delivered')
})
afterEach(async () => {
  if (isMissing) return
  link.open()
  await app?.close()
  app = undefined
  await redis?.close()
  redis = undefined
  await destination.close()
  await kafka.close()
})
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await link?.stop()
  await database?.drop()
  await broker?.stop()
})

test.skipIf(isMissing)(
  'events delivered by Kafka twice and over HTTP take effect once, also across a restart',
  async () => {
    await deliver(eventsOf(300))
    const { server } = await start()
    await deliver(eventsOf(300))
    const answer = await fetch(
      `http://127.0.0.1:${(server.address() as { port: number }).port}/internal/member-activity-events`,
      {
        method: 'POST',
        headers: { [INTERNAL_TOKEN]: TOKEN_OF_TIMELINE, 'content-type': 'application/json' },
        body: JSON.stringify({ events: eventsOf(300) }),
      },
    )
    expect(answer.status).toBe(200)
    await deliver(eventsOf(200, 301))
    await app?.close()
    await deliver(eventsOf(200, 401))
    await start()
    await untilOnce(numbersOf(600))
    expect(await letters()).toHaveLength(0)
  },
)

test.skipIf(isMissing)(
  'invalid bytes and failing events become dead letters with their origin; the others take effect',
  async () => {
    const topic = kafka.topics.topicOf(today())
    const poison = Buffer.from([0, 255, 195, 40, 123])
    const others = eventsOf(40).map((event) => ({
      key: 'post:1',
      value: Buffer.from(JSON.stringify(event)),
    }))
    const failing = JSON.stringify({ ...eventOf(666), memberId: 666 })
    await producer.send(topic, [
      ...others.slice(0, 20),
      { key: 'post:1', value: poison },
      { key: 'post:1', value: Buffer.from('{"hello":"world"}') },
      { key: 'post:1', value: Buffer.from(failing) },
      ...others.slice(20),
    ])
    await start()
    await untilOnce(numbersOf(40))
    const found = await letters()
    expect(found.map(({ step, error_class, status }) => [step, error_class, status])).toEqual([
      ['decode', 'InvalidEventError', 'OPEN'],
      ['decode', 'InvalidEventError', 'OPEN'],
      ['counted', 'TypeError', 'OPEN'],
    ])
    expect(found.map(({ payload }) => payload)).toEqual([
      poison,
      Buffer.from('{"hello":"world"}'),
      Buffer.from(failing),
    ])
    expect(found.map(({ error_message }) => error_message).at(2)).toBe('no handler for member 666')
    expect(found.at(2)?.['error_stack']).toContain('apply')
    const first = Number(found.at(0)?.['record_offset'])
    for (const [n, letter] of found.entries()) {
      const place = {
        topic,
        partition: letter['partition'],
        record_offset: first + n,
        record_key: Buffer.from('post:1'),
      }
      expect(letter).toMatchObject({
        ...place,
        source: `kafka:${topic}/${place.partition}/${place.record_offset}`,
      })
    }
  },
)

test.skipIf(isMissing)(
  'without PostgreSQL no offset is committed and no dead letter stored; then reading resumes',
  async () => {
    await start()
    await untilOnce([1])
    link.close()
    offers.clear()
    await deliver(eventsOf(100, 2))
    // Failed attempts at all of them, and then at parts of them.
    await until(() => Math.max(0, ...offers.values())).toBeGreaterThanOrEqual(3)
    await deliver(eventsOf(100, 102))
    expect(await unread()).toEqual([200])
    link.open()
    await untilOnce(numbersOf(201))
    expect(await letters()).toHaveLength(0)
  },
)

test.skipIf(isWithoutRedis)(
  'with Redis cached, killed and restarted empty, every event takes effect once',
  async () => {
    const server = await startTestRedis()
    try {
      redis = openRedis(server.url)
      await start()
      await deliver(eventsOf(50))
      await untilOnce(numbersOf(50))
      // An event is cached only after it took effect.
      const keys = eventsOf(50).map(
        ({ eventId }) => `member_activity:kafka_listener:content:${eventId}`,
      )
      await until(
        async () => (await redis?.getEach(keys))?.filter((value) => value !== null).length,
      ).toBe(50)
      await database.sql`truncate content.inbox`
      await deliver(eventsOf(50))
      await untilOnce(numbersOf(50))

      await server.server.kill()
      await deliver(eventsOf(50, 51))
      await deliver(eventsOf(50, 51))
      await untilOnce(numbersOf(100))
      await server.server.start()
      await server.untilReady()
      await deliver(eventsOf(100, 51))
      await untilOnce(numbersOf(150))
      expect(await letters()).toHaveLength(0)
    } finally {
      await server.stop()
    }
  },
)

/** The report in the last line of a replay. */
async function replayToday(body: object = {}): Promise<unknown> {
  const answer = await app?.inject({
    method: 'POST',
    url: '/internal/topics/replay',
    headers: { [INTERNAL_TOKEN]: TOKEN_OF_BATCH },
    payload: { day: today(), ...body },
  })
  return JSON.parse(answer?.body.trim().split('\n').at(-1) ?? 'null').report
}

test.skipIf(isMissing)(
  'a day is replayed for missing effects, twice without change; a dry run only counts',
  async () => {
    await start()
    await deliver(eventsOf(99, 2))
    await untilOnce(numbersOf(100))
    // As after a fault in the service: ten events have no effect.
    await database.sql`delete from content.counted where n <= 10`
    await database.sql`delete from content.kept where n <= 10`
    const ids = eventsOf(10).map(({ eventId }) => eventId)
    await database.sql`delete from content.inbox where event_id in ${database.sql(ids)}`

    expect(await replayToday({ isDryRun: true })).toEqual({
      records: 100,
      changed: 10,
      deadLettered: 0,
    })
    expect(await countedOnes()).toEqual(numbersOf(90, 11))
    // Only events of one type, which are half of them. Each event has two effects here.
    expect(await replayToday({ type: 'POST_READ' })).toEqual({
      records: 50,
      changed: 10,
      deadLettered: 0,
    })
    expect((await countedOnes()).filter((n) => n <= 10)).toEqual([2, 4, 6, 8, 10])
    expect(await replayToday()).toEqual({ records: 100, changed: 10, deadLettered: 0 })
    await untilOnce(numbersOf(100))
    expect(await replayToday()).toEqual({ records: 100, changed: 0, deadLettered: 0 })
    expect(await replayToday({ isDryRun: true })).toEqual({
      records: 100,
      changed: 0,
      deadLettered: 0,
    })
    await untilOnce(numbersOf(100))
  },
)
