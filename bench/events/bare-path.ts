import { createTopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import { toNewRecord } from '@dailyfeed/activity/record/record.mapper'
import { upsertRecords } from '@dailyfeed/activity/record/record.queries'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'
import { sendAtRate } from '@dailyfeed/tests/pacing'
import { freshTopic } from './bench-kafka.ts'
import { eventOf, newestOfEachKey } from './listener.ts'
import { openPlainConsumer } from './plain-consumer.ts'

/** Far above the ids of the other benches. */
const FIRST_EVENT = 100_000_000
let used = FIRST_EVENT

/**
 * The least that brings an event into a record: produce, consume, insert, with the libraries alone
 * and in one process. Returns the milliseconds from each send to the commit of its record.
 */
export async function delaysOfBarePath(
  environment: FaultEnvironment,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const { connection } = environment
  const kafka = { connection, admin: createTopicAdmin(connection, 'bench') }
  const topic = await freshTopic(kafka)
  const producer = createEventProducer({ connection, acks: '1', clientId: 'bench' })
  const sql = openPool({
    url: environment.services.database.urlOf('activity'),
    max: 2,
    name: 'bench bare path',
  })
  const consumer = await openPlainConsumer(kafka, topic)
  const count = perSecond * seconds
  const first = used
  used += count
  const sentAt: number[] = []
  try {
    const inserting = insertAll(consumer.stream, count, async (events) => {
      await upsertRecords(sql, newestOfEachKey(events.map(toNewRecord)))
    })
    const sending: Promise<void>[] = []
    await sendAtRate(perSecond, count, (n) => {
      const event = eventOf(first + n)
      sentAt.push(Date.now())
      sending.push(
        producer.send(topic, [
          { key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) },
        ]),
      )
    })
    await Promise.all([...sending, inserting])
    const committedAt = await commitTimesOf(environment, first, count)
    return sentAt.map((at, n) => Math.max(0, (committedAt.get(first + n) ?? Number.NaN) - at))
  } finally {
    await consumer.close()
    await producer.close()
    await kafka.admin.close()
    await sql.end()
  }
}

/** Inserts what has arrived while the insert before it ran. */
async function insertAll(
  stream: AsyncIterable<{ value: Buffer | undefined }>,
  count: number,
  insert: (events: MemberActivityEvent[]) => Promise<void>,
): Promise<void> {
  let arrived: MemberActivityEvent[] = []
  let left = count
  let inserting: Promise<void> | undefined
  const insertArrived = async () => {
    while (arrived.length > 0) {
      const events = arrived
      arrived = []
      await insert(events)
    }
    inserting = undefined
  }
  for await (const { value } of stream) {
    arrived.push(JSON.parse(String(value)))
    inserting ??= insertArrived()
    left -= 1
    if (left === 0) break
  }
  await inserting
}

/** By the number of the event, in milliseconds since 1970. */
async function commitTimesOf(
  { sql }: FaultEnvironment,
  first: number,
  count: number,
): Promise<Map<number, number>> {
  const firstPost = eventOf(first).postId ?? 0
  const rows = await sql<{ n: number; at: number }[]>`
    select
      (post_id - ${firstPost})::int as n,
      extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at
    from activity.record
    where type = 'POST_CREATE' and post_id between ${firstPost} and ${firstPost + count - 1}`
  return new Map(rows.map(({ n, at }) => [first + n, at]))
}
