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
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { OwnDatabase } from '@dailyfeed/tests/own-database'
import type { FastifyBaseLogger } from 'fastify'
import postgres, { type Sql } from 'postgres'
import { type Measurement, withoutTarget, atLeastRatio } from '../measurement.ts'
import { type BenchKafka, freshTopic } from './bench-kafka.ts'
import { median } from '../percentile.ts'
import { openPlainConsumer } from './plain-consumer.ts'

const EVENTS = 60_000
const BATCH = 500
const ROUNDS = 3
const RECORDS_BEFORE = 5_000_000

interface ListenerBenchOptions {
  database: OwnDatabase
  kafka: BenchKafka
  /** The handlers of activity-svc, for the measurement without a target. */
  allHandlers: readonly EventHandler[]
  log: FastifyBaseLogger
  say: (line: string) => void
}

/** Reads a topic to its end, and resolves when everything is committed. */
type Loop = (topic: string) => Promise<void>

/**
 * Topic to committed record, with 5,000,000 existing records. The loop `bare` runs only the same
 * statements, with two batches in flight; `plain` runs BEGIN, inbox, upsert and COMMIT for one batch
 * at a time. The loops alternate three times, each with new events.
 */
export async function listenerBench({
  database,
  kafka,
  allHandlers,
  log,
  say,
}: ListenerBenchOptions): Promise<Measurement[]> {
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
    all: (topic) => ourLoop(kafka, sql, topic, allHandlers, log),
  }
  const rates: Record<string, number[]> = { plain: [], bare: [], ours: [], all: [] }
  let first = 0
  try {
    say(`writing ${RECORDS_BEFORE.toLocaleString('en')} records…`)
    await fillRecords(owner)
    // The first round is not counted. After a checkpoint PostgreSQL logs each page in full once,
    // which dominates a run of two seconds, but not the quarter of an hour between two checkpoints.
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
    atLeastRatio(
      'listener: topic to committed record, against the bare loop',
      rate('ours'),
      rate('bare'),
      'events/s',
      0.85,
    ),
    atLeastRatio(
      'listener: topic to committed record, against the plain loop',
      rate('ours'),
      rate('plain'),
      'events/s',
      2,
    ),
    withoutTarget('listener with every handler of activity-svc', rate('all'), 'events/s'),
  ]
}

/** The product's listener: order within partitions, validation, supervision and dead letters. */
async function ourLoop(
  kafka: BenchKafka,
  sql: Sql,
  topic: string,
  handlers: readonly EventHandler[],
  log: FastifyBaseLogger,
): Promise<void> {
  const listener = new Listener({ sql, schema: 'activity', handlers, log })
  let remaining = EVENTS
  const reader = await readTopic({
    connection: kafka.connection,
    clientId: 'bench',
    topic,
    group: `bench.${randomUUID()}`,
    log,
    async handle(records) {
      await listener.handleRecords(records)
      remaining -= records.length
    },
  })
  while (remaining > 0) await sleep(2)
  await reader.close()
}

/** A plain consumer of the Kafka library, which applies batches and commits their offsets. */
async function bareLoop(
  kafka: BenchKafka,
  topic: string,
  inFlight: number,
  apply: (events: MemberActivityEvent[]) => Promise<void>,
): Promise<void> {
  const { stream, commit, close } = await openPlainConsumer(kafka, topic)
  const ends = new Map<number, bigint>()
  const working = new Set<Promise<void>>()
  let batch: MemberActivityEvent[] = []
  let remaining = EVENTS
  for await (const { value, partition, offset } of stream) {
    batch.push(JSON.parse(String(value)))
    ends.set(partition, offset + 1n)
    remaining -= 1
    if (batch.length < BATCH && remaining > 0) continue
    const events = batch
    const offsets = [...ends].map(([one, end]) => ({
      topic,
      partition: one,
      offset: end,
      leaderEpoch: 0,
    }))
    batch = []
    const work: Promise<void> = apply(events)
      .then(() => commit(offsets))
      .finally(() => working.delete(work))
    working.add(work)
    if (remaining === 0) break
    while (working.size >= inFlight) await Promise.race(working)
  }
  await Promise.all(working)
  await close()
}

const plainBatch = (sql: Sql, events: MemberActivityEvent[]): Promise<void> =>
  inTransaction(sql, async (transaction) => {
    const newEvents = await claimNewEvents(transaction, 'activity', 'plain', events)
    await upsertRecords(transaction, newestOfEachKey(newEvents.map(toNewRecord)))
  })

/** Sorted by key as in the handler; all keys of the bench are different. */
export const newestOfEachKey = (records: NewRecord[]): NewRecord[] =>
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

/** An event whose ids are above those of the existing records. */
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
    insert into activity.record (
      member_id, occurred_at, created_at, updated_at, version, post_id, event_id, type, message_key)
    select
      n % 10000 + 1, at, at, at, 1, n, uuidv7(), 'POST_CREATE',
      'POST_CREATE###' || n || '###' || n % 10000 + 1
    from generate_series(1, ${RECORDS_BEFORE}) n, lateral (
      select now() - (${RECORDS_BEFORE} - n) * interval '1 second' as at) moment`
  await owner`vacuum analyze activity.record`
  await owner`checkpoint`
}
