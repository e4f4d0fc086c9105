import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordActivities } from '@dailyfeed/activity/record/record.listener'
import { toNewRecord } from '@dailyfeed/activity/record/record.mapper'
import { type NewRecord, upsertRecords } from '@dailyfeed/activity/record/record.queries'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { claimNewEvents } from '@dailyfeed/event-listener/inbox.queries'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import { Listener } from '@dailyfeed/event-listener/listener'
import { createEventProducer, type EventProducer } from '@dailyfeed/kafka-support/event-producer'
import { readTopic } from '@dailyfeed/kafka-support/topic-reader'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { OwnDatabase } from '@dailyfeed/tests/own-database'
import { Consumer } from '@platformatic/kafka'
import type { FastifyBaseLogger } from 'fastify'
import postgres, { type Sql } from 'postgres'
import { type Figure, informationFigure, ratioFigure } from '../figure.ts'
import { type BenchKafka, freshTopic } from './bench-kafka.ts'
import { median } from '../percentile.ts'

const EVENTS = 60_000
const BATCH = 500
const ROUNDS = 3
const RECORDS_BEFORE = 5_000_000

interface ListenerBenchOptions {
  database: OwnDatabase
  kafka: BenchKafka
  /** Of activity-svc, for the figure without a target. */
  allSteps: readonly EventHandler[]
  log: FastifyBaseLogger
  say: (line: string) => void
}

/** Reads a topic to its end, and returns when everything is committed. */
type Loop = (topic: string) => Promise<void>

/**
 * Topic to committed record, with 5,000,000 records there before. `bare`: the same statements, two batches in flight, and
 * nothing else. `plain`: BEGIN, inbox, upsert, COMMIT, one batch at a time. In turn, three times, each over fresh events.
 */
export async function listenerBench({
  database,
  kafka,
  allSteps,
  log,
  say,
}: ListenerBenchOptions): Promise<Figure[]> {
  const owner = postgres(database.ownerUrl, { max: 1, onnotice() {} })
  const sql = openPool({ url: database.urlOf('activity'), max: 8, name: 'bench listener' })
  const producer = createEventProducer({
    connection: kafka.connection,
    acks: '1',
    clientId: 'bench',
  })
  const loops: Record<string, Loop> = {
    plain: (topic) => bareLoop(kafka, topic, 1, (events) => plainBatch(sql, events)),
    bare: (topic) =>
      bareLoop(
        kafka,
        topic,
        2,
        async (events) => void (await upsertRecords(sql, newestOfEachKey(events.map(toNewRecord)))),
      ),
    ours: (topic) => ourLoop(kafka, sql, topic, [recordActivities], log),
    all: (topic) => ourLoop(kafka, sql, topic, allSteps, log),
  }
  const rates: Record<string, number[]> = { plain: [], bare: [], ours: [], all: [] }
  let first = 0
  try {
    say(`writing ${RECORDS_BEFORE.toLocaleString('en')} records…`)
    await fillRecords(owner)
    // The first round is not counted: after a checkpoint every page is written whole once, which is most of what a run of
    // two seconds does, and nothing beside the quarter of an hour until the next checkpoint.
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const [name, loop] of Object.entries(loops)) {
        const topic = await topicOf(kafka, producer, first)
        first += EVENTS
        const startedAt = performance.now()
        await loop(topic)
        if (round > 0) rates[name]?.push(EVENTS / ((performance.now() - startedAt) / 1_000))
      }
  } finally {
    await producer.close()
    await sql.end()
    await owner.end()
  }
  const rate = (name: string) => median(rates[name] ?? [])
  return [
    ratioFigure(
      'listener: topic to committed record, against the bare loop',
      rate('ours'),
      rate('bare'),
      'events/s',
      0.85,
    ),
    ratioFigure(
      'listener: topic to committed record, against the plain loop',
      rate('ours'),
      rate('plain'),
      'events/s',
      2,
    ),
    informationFigure('listener with every step of activity-svc', rate('all'), 'events/s'),
  ]
}

/** Everything that a listener of ours does: order within partitions, validation, supervision, dead letters. */
async function ourLoop(
  kafka: BenchKafka,
  sql: Sql,
  topic: string,
  handlers: readonly EventHandler[],
  log: FastifyBaseLogger,
): Promise<void> {
  const listener = new Listener({ sql, schema: 'activity', handlers, log })
  let left = EVENTS
  const reader = await readTopic({
    connection: kafka.connection,
    clientId: 'bench',
    topic,
    group: `bench.${randomUUID()}`,
    log,
    async handle(records) {
      await listener.handleRecords(records)
      left -= records.length
    },
  })
  while (left > 0) await sleep(2)
  await reader.close()
}

/** A consumer of the library, batches as they come, and commits of offsets. */
async function bareLoop(
  kafka: BenchKafka,
  topic: string,
  inFlight: number,
  apply: (events: MemberActivityEvent[]) => Promise<void>,
): Promise<void> {
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'bench',
    bootstrapBrokers: kafka.connection.brokers,
    groupId: `bench.${randomUUID()}`,
  })
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
    maxBytes: 1_048_576,
    highWaterMark: BATCH,
  })
  const ends = new Map<number, bigint>()
  const working = new Set<Promise<void>>()
  let batch: MemberActivityEvent[] = []
  let left = EVENTS
  for await (const { value, partition, offset } of stream) {
    batch.push(JSON.parse(String(value)))
    ends.set(partition, offset + 1n)
    left -= 1
    if (batch.length < BATCH && left > 0) continue
    const events = batch
    const offsets = [...ends].map(([one, end]) => ({
      topic,
      partition: one,
      offset: end,
      leaderEpoch: 0,
    }))
    batch = []
    const work: Promise<void> = apply(events)
      .then(() => consumer.commit({ offsets }))
      .finally(() => working.delete(work))
    working.add(work)
    if (left === 0) break
    while (working.size >= inFlight) await Promise.race(working)
  }
  await Promise.all(working)
  await stream.close()
  await consumer.close(true)
}

const plainBatch = (sql: Sql, events: MemberActivityEvent[]): Promise<void> =>
  sql.begin(async (transaction) => {
    const fresh = await claimNewEvents(transaction as unknown as Sql, 'activity', 'plain', events)
    await upsertRecords(transaction as unknown as Sql, newestOfEachKey(fresh.map(toNewRecord)))
  }) as Promise<unknown> as Promise<void>

/** As the step has them: sorted by their keys, of which no two are alike here. */
const newestOfEachKey = (records: NewRecord[]): NewRecord[] =>
  records.sort((one, other) => (one.messageKey < other.messageKey ? -1 : 1))

async function topicOf(kafka: BenchKafka, producer: EventProducer, first: number): Promise<string> {
  const topic = await freshTopic(kafka)
  for (let from = 0; from < EVENTS; from += 1_000)
    await producer.send(
      topic,
      Array.from({ length: 1_000 }, (_, n) => {
        const event = eventOf(first + from + n)
        return { key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) }
      }),
    )
  return topic
}

/** Ids above all that stand there before. */
export function eventOf(n: number): MemberActivityEvent {
  const at = new Date(Date.UTC(2026, 10, 25) + n).toISOString()
  const postId = RECORDS_BEFORE + n + 1
  const memberId = (n % 10_000) + 1
  return {
    eventId: `019ab000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    schemaVersion: 1,
    messageKey: `member_activity:kafka_event:POST_CREATE###${postId}###${memberId}`,
    version: 1,
    memberActivityType: 'POST_CREATE',
    memberId,
    postId,
    commentId: null,
    targetMemberId: null,
    createdAt: at,
    updatedAt: at,
    occurredAt: at,
  }
}

async function fillRecords(owner: postgres.Sql): Promise<void> {
  await owner`
    insert into activity.record (member_id, occurred_at, created_at, updated_at, version, post_id, event_id, type, message_key)
    select n % 10000 + 1, at, at, at, 1, n, uuidv7(), 'POST_CREATE', 'POST_CREATE###' || n || '###' || n % 10000 + 1
    from generate_series(1, ${RECORDS_BEFORE}) n, lateral (select now() - (${RECORDS_BEFORE} - n) * interval '1 second' as at) moment`
  await owner`vacuum analyze activity.record`
  await owner`checkpoint`
}
