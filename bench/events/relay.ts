import { setTimeout as sleep } from 'node:timers/promises'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { deliverToKafka } from '@dailyfeed/outbox/kafka-delivery'
import { startRelay } from '@dailyfeed/outbox/relay'
import { createEventProducer, type EventProducer } from '@dailyfeed/kafka-support/event-producer'
import { createFindInstallation } from '@dailyfeed/postgres-support/installation.queries'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { OwnDatabase } from '@dailyfeed/tests/own-database'
import type { FastifyBaseLogger } from 'fastify'
import postgres from 'postgres'
import { type Measurement, atLeastRatio } from '../measurement.ts'
import { median } from '../percentile.ts'
import { freshTopic, type BenchKafka } from './bench-kafka.ts'

const EVENTS = 200_000
const BATCH = 500
const ROUNDS = 3

/**
 * Outbox row to acknowledged record, against the same producer with batches that were prepared
 * before. Both alternate three times.
 */
export async function relayBench(
  database: OwnDatabase,
  kafka: BenchKafka,
  log: FastifyBaseLogger,
): Promise<Measurement[]> {
  const owner = postgres(database.ownerUrl, { max: 1, onnotice() {} })
  const sql = openPool({ url: database.urlOf('content'), max: 8, name: 'bench relay' })
  const producer = createEventProducer({
    connection: kafka.connection,
    acks: '1',
    clientId: 'bench',
  })
  const findInstallation = createFindInstallation(sql)
  const rates = { raw: [] as number[], relay: [] as number[] }
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.raw.push(await rateOfProducer(kafka, producer))
      await fillOutbox(owner, EVENTS)
      const topic = await freshTopic(kafka)
      let sent = 0
      const startedAt = performance.now()
      const relay = startRelay({
        sql,
        schema: 'content',
        destinations: {
          kafka: deliverToKafka({
            producer,
            topics: { topicOf: () => topic, create: async () => false },
            timeZone: 'Asia/Seoul',
            findInstallation,
          }),
        },
        log,
        onDelivered(_destination, events) {
          sent += events
        },
      })
      while (sent < EVENTS) await sleep(2)
      rates.relay.push(EVENTS / ((performance.now() - startedAt) / 1_000))
      await relay.stop()
    }
  } finally {
    await producer.close()
    await sql.end()
    await owner.end()
  }
  return [
    atLeastRatio(
      'relay: outbox row to acknowledged record',
      median(rates.relay),
      median(rates.raw),
      'events/s',
      0.5,
    ),
  ]
}

async function rateOfProducer(kafka: BenchKafka, producer: EventProducer): Promise<number> {
  const topic = await freshTopic(kafka)
  const batches = Array.from({ length: EVENTS / BATCH }, (_, batch) =>
    Array.from({ length: BATCH }, (_, n) => {
      const event = eventOf(batch * BATCH + n)
      return { key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) }
    }),
  )
  const startedAt = performance.now()
  for (const batch of batches) await producer.send(topic, batch)
  return EVENTS / ((performance.now() - startedAt) / 1_000)
}

/** An event of the same length as those that the relay reads. */
function eventOf(n: number): MemberActivityEvent {
  const at = '2026-11-25T01:02:03.456Z'
  return {
    eventId: `019ab000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    schemaVersion: 1,
    messageKey: `member_activity:kafka_event:POST_CREATE###${n}###${n % 10_000}`,
    version: 1,
    memberActivityType: 'POST_CREATE',
    memberId: (n % 10_000) + 1,
    postId: n + 1,
    commentId: null,
    targetMemberId: null,
    createdAt: at,
    updatedAt: at,
    occurredAt: at,
  }
}

async function fillOutbox(owner: postgres.Sql, events: number): Promise<void> {
  await owner`truncate content.outbox, content.outbox_pending`
  await owner`
    with event as (
      insert into content.outbox
        (activity_type, message_key, version, member_id, post_id, created_at, updated_at)
      select
        'POST_CREATE', 'member_activity:kafka_event:POST_CREATE###' || n || '###' || n % 10000,
        1, n % 10000 + 1, n + 1, now(), now()
      from generate_series(0, ${events - 1}) n returning event_id
    )
    insert into content.outbox_pending (event_id, destination)
    select event_id, 'kafka' from event`
  await owner`vacuum analyze content.outbox_pending`
  await owner`vacuum analyze content.outbox`
  await owner`checkpoint`
}
