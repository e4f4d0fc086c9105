import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'
import { sendAtRate } from '@dailyfeed/tests/pacing'
import {
  atMostFactor,
  type Measurement,
  withoutTarget,
  atMost,
  atLeastRatio,
} from '../measurement.ts'
import { eventOf } from './listener.ts'
import { median, percentile } from '../percentile.ts'

const WRITERS = 4
const LATENCY_SECONDS = 4
const LATENCY_ROUNDS = 3

/** Latencies of writes with the broker running and stopped, alternately: no write waits for it. */
export async function writeLatencyBench(environment: FaultEnvironment): Promise<Measurement[]> {
  const broker = environment.kafka.nodes[0]
  const p99s = { running: [] as number[], stopped: [] as number[] }
  await writeFor(environment, LATENCY_SECONDS)
  for (let round = 0; round < LATENCY_ROUNDS; round += 1) {
    p99s.running.push(percentile(await writeFor(environment, LATENCY_SECONDS), 99))
    await broker?.kill()
    p99s.stopped.push(percentile(await writeFor(environment, LATENCY_SECONDS), 99))
    await broker?.start()
    await environment.kafka.untilReady()
    await awaitRecords(environment)
  }
  return [
    atMostFactor(
      'write latency with the broker stopped, p99, against running',
      median(p99s.stopped),
      median(p99s.running),
      'ms',
      1.5,
    ),
  ]
}

const WRITES_PER_SECOND = 500
const END_TO_END_SECONDS = 20
const WARM_UP_SECONDS = 5

/** From the answer to a write until its record is committed, by the database's commit timestamps. */
export async function endToEndBench(environment: FaultEnvironment): Promise<Measurement[]> {
  await writeFor(environment, WARM_UP_SECONDS)
  await awaitRecords(environment)
  const answeredAt = new Map<number, number>()
  const failures: unknown[] = []
  const inFlight = new Set<Promise<void>>()
  const count = WRITES_PER_SECOND * END_TO_END_SECONDS
  const startedAt = performance.now()
  await sendAtRate(WRITES_PER_SECOND, count, (n) => {
    const write = writePost(environment, n)
      .then(
        (id) => void answeredAt.set(id, Date.now()),
        (error) => void failures.push(error),
      )
      .finally(() => inFlight.delete(write))
    inFlight.add(write)
  })
  await Promise.all(inFlight)
  if (failures.length > 0)
    throw new Error(`${failures.length} of ${count} writes failed; the first: ${failures[0]}`)
  const rate = answeredAt.size / ((performance.now() - startedAt) / 1_000)
  await awaitRecords(environment)
  const rows = await environment.sql<{ post_id: number; at: number }[]>`
    select post_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at
    from activity.record
    where type = 'POST_CREATE'
      and post_id = any (${`{${[...answeredAt.keys()].join(',')}}`}::text::bigint[])`
  // A record may be committed before the client has read the answer to its write.
  const delays = rows.map(({ post_id, at }) => Math.max(0, at - (answeredAt.get(post_id) ?? 0)))
  return [
    atLeastRatio('end to end: writes that got through', rate, WRITES_PER_SECOND, 'writes/s', 0.99),
    atMost('end to end: answer to record, p50', percentile(delays, 50), 'ms', 50),
    atMost('end to end: answer to record, p99', percentile(delays, 99), 'ms', 500),
  ]
}

const BACKLOG = 1_000_000
const SMALL_BACKLOG = 10_000
const IDLE_MS = 5_000
let sentEvents = 0

/** A backlog in the topic when activity-svc starts affects neither its memory nor its rate. */
export async function backlogBench(
  environment: FaultEnvironment,
  say: (line: string) => void,
): Promise<Measurement[]> {
  // Idle memory is measured before the first event, since a process keeps memory that it has used.
  await environment.services.end('activity', 'SIGTERM')
  await environment.services.start('activity')
  await sleep(IDLE_MS)
  const idle = residentMegabytes(environment)
  const small = await drainBacklog(environment, SMALL_BACKLOG, say)
  const large = await drainBacklog(environment, BACKLOG, say)
  return [
    atLeastRatio(
      'backlog of 1,000,000: rate, against that of 10,000',
      large.rate,
      small.rate,
      'events/s',
      0.8,
    ),
    atMostFactor(
      'backlog of 1,000,000: maximum memory, against idle',
      large.megabytes,
      idle,
      'MB',
      1.3,
    ),
    withoutTarget('activity-svc idle', idle, 'MB'),
  ]
}

async function drainBacklog(
  environment: FaultEnvironment,
  events: number,
  say: (line: string) => void,
): Promise<{ rate: number; megabytes: number }> {
  await environment.services.end('activity', 'SIGTERM')
  say(`sending ${events.toLocaleString('en')} events…`)
  await sendEvents(environment, events)
  await environment.services.start('activity')
  // The time to start is not counted: the measurement begins when the first event took effect.
  while ((await environment.lagOf('activity')) >= events) await sleep(10)
  const first = { at: performance.now(), lag: await environment.lagOf('activity') }
  let megabytes = 0
  let lag = first.lag
  while (lag > 0) {
    await sleep(events > SMALL_BACKLOG ? 500 : 10)
    megabytes = Math.max(megabytes, residentMegabytes(environment))
    lag = await environment.lagOf('activity')
  }
  return { rate: first.lag / ((performance.now() - first.at) / 1_000), megabytes }
}

async function sendEvents(environment: FaultEnvironment, events: number): Promise<void> {
  const producer = createEventProducer({
    connection: environment.connection,
    acks: '1',
    clientId: 'bench',
  })
  for (let from = 0; from < events; from += 1_000)
    await producer.send(
      environment.topic(),
      Array.from({ length: 1_000 }, (_, n) => {
        const event = eventOf(sentEvents + from + n)
        return { key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) }
      }),
    )
  sentEvents += events
  await producer.close()
}

const residentMegabytes = ({ services }: FaultEnvironment): number =>
  Number(
    execFileSync('ps', ['-o', 'rss=', '-p', String(services.pidOf('activity'))], {
      encoding: 'utf8',
    }),
  ) / 1_024

/** Latencies in milliseconds of a closed loop of a few writers. */
async function writeFor(environment: FaultEnvironment, seconds: number): Promise<number[]> {
  const latencies: number[] = []
  const end = performance.now() + seconds * 1_000
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      while (performance.now() < end) {
        const startedAt = performance.now()
        await writePost(environment, writer)
        latencies.push(performance.now() - startedAt)
      }
    }),
  )
  return latencies
}

async function writePost({ services, members }: FaultEnvironment, n: number): Promise<number> {
  const response = await fetch(`${services.urlOf('content')}/api/posts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: members[n % members.length]?.bearer ?? '',
    },
    body: `{"content":"오늘의 글 ${n}"}`,
  })
  if (response.status !== 201)
    throw new Error(`a write answered ${response.status}: ${await response.text()}`)
  return ((await response.json()) as { data: { id: number } }).data.id
}

/** Waits until every post has been sent and recorded. */
async function awaitRecords({ sql }: FaultEnvironment): Promise<void> {
  const isPending = async () =>
    (await sql`select from content.outbox_pending where status = 'PENDING' limit 1`).count > 0
  const isBehind = async () =>
    (
      await sql`
        select from content.outbox
        where activity_type = 'POST_CREATE' and not exists (
          select from activity.record
          where message_key = 'POST_CREATE###' || outbox.post_id || '###' || outbox.member_id)
        limit 1`
    ).count > 0
  while ((await isPending()) || (await isBehind())) await sleep(100)
}
