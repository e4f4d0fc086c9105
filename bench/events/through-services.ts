import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'
import {
  factorFigure,
  type Figure,
  informationFigure,
  limitFigure,
  ratioFigure,
} from '../figure.ts'
import { eventOf } from './listener.ts'
import { median, percentile } from '../percentile.ts'

const WRITERS = 4
const LATENCY_SECONDS = 4
const LATENCY_ROUNDS = 3

/** Answer times of writes with the broker there and gone, in turn: nothing of a write waits for it. */
export async function writeLatencyBench(environment: FaultEnvironment): Promise<Figure[]> {
  const broker = environment.kafka.nodes[0]
  const p99s = { there: [] as number[], gone: [] as number[] }
  await writeFor(environment, LATENCY_SECONDS)
  for (let round = 0; round < LATENCY_ROUNDS; round += 1) {
    p99s.there.push(percentile(await writeFor(environment, LATENCY_SECONDS), 99))
    await broker?.kill()
    p99s.gone.push(percentile(await writeFor(environment, LATENCY_SECONDS), 99))
    await broker?.start()
    await environment.kafka.untilReady()
    await drained(environment)
  }
  return [
    factorFigure(
      'write latency with the broker stopped, p99, against running',
      median(p99s.gone),
      median(p99s.there),
      'ms',
      1.5,
    ),
  ]
}

const WRITES_PER_SECOND = 500
const END_TO_END_SECONDS = 20
const WARM_UP_SECONDS = 5

/** From the answer to a write until its record is committed, by the database's own clock of commits. */
export async function endToEndBench(environment: FaultEnvironment): Promise<Figure[]> {
  await writeFor(environment, WARM_UP_SECONDS)
  await drained(environment)
  const answeredAt = new Map<number, number>()
  const waiting = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let sent = 0; sent < WRITES_PER_SECOND * END_TO_END_SECONDS; sent += 1) {
    const rest = startedAt + (sent * 1_000) / WRITES_PER_SECOND - performance.now()
    if (rest > 1) await sleep(rest)
    const write: Promise<void> = post(environment, sent).then((id) => {
      answeredAt.set(id, Date.now())
      waiting.delete(write)
    })
    waiting.add(write)
  }
  await Promise.all(waiting)
  const rate = answeredAt.size / ((performance.now() - startedAt) / 1_000)
  await drained(environment)
  const rows = await environment.sql<{ post_id: number; at: number }[]>`
    select post_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from activity.record
    where type = 'POST_CREATE' and post_id = any (${`{${[...answeredAt.keys()].join(',')}}`}::text::bigint[])`
  // The record of a write may be there before its answer has been read.
  const times = rows.map(({ post_id, at }) => Math.max(0, at - (answeredAt.get(post_id) ?? 0)))
  return [
    ratioFigure('end to end: writes that got through', rate, WRITES_PER_SECOND, 'writes/s', 0.99),
    limitFigure('end to end: answer to record, p50', percentile(times, 50), 'ms', 50),
    limitFigure('end to end: answer to record, p99', percentile(times, 99), 'ms', 500),
  ]
}

const BACKLOG = 1_000_000
const SMALL_BACKLOG = 10_000
const IDLE_MILLISECONDS = 5_000
let backlogged = 0

/** What waits in the topic when activity-svc starts: its memory stays, and so does its rate. */
export async function backlogBench(
  environment: FaultEnvironment,
  say: (line: string) => void,
): Promise<Figure[]> {
  // Before its first event: afterwards memory stays where its work left it.
  await environment.services.end('activity', 'SIGTERM')
  await environment.services.start('activity')
  await sleep(IDLE_MILLISECONDS)
  const idle = residentMegabytes(environment)
  const small = await drainBacklog(environment, SMALL_BACKLOG, say)
  const large = await drainBacklog(environment, BACKLOG, say)
  return [
    ratioFigure(
      'backlog of 1,000,000: rate, against that of 10,000',
      large.rate,
      small.rate,
      'events/s',
      0.8,
    ),
    factorFigure(
      'backlog of 1,000,000: most memory, against idle',
      large.megabytes,
      idle,
      'MB',
      1.3,
    ),
    informationFigure('activity-svc idle', idle, 'MB'),
  ]
}

async function drainBacklog(
  environment: FaultEnvironment,
  events: number,
  say: (line: string) => void,
): Promise<{ rate: number; megabytes: number }> {
  await environment.services.end('activity', 'SIGTERM')
  say(`sending ${events.toLocaleString('en')} events…`)
  const producer = createEventProducer({
    connection: environment.connection,
    acks: '1',
    clientId: 'bench',
  })
  for (let from = 0; from < events; from += 1_000)
    await producer.send(
      environment.topic(),
      Array.from({ length: 1_000 }, (_, n) => {
        const event = eventOf(backlogged + from + n)
        return { key: partitionKeyOf(event), value: Buffer.from(JSON.stringify(event)) }
      }),
    )
  backlogged += events
  await producer.close()
  await environment.services.start('activity')
  // From the first that took effect: how long a service takes to start is another figure.
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

const residentMegabytes = ({ services }: FaultEnvironment): number =>
  Number(
    execFileSync('ps', ['-o', 'rss=', '-p', String(services.pidOf('activity'))], {
      encoding: 'utf8',
    }),
  ) / 1_024

/** Closed loop of a few writers; milliseconds that each answer took. */
async function writeFor(environment: FaultEnvironment, seconds: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + seconds * 1_000
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      while (performance.now() < until) {
        const startedAt = performance.now()
        await post(environment, writer)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  return times
}

async function post({ services, members }: FaultEnvironment, n: number): Promise<number> {
  const response = await fetch(`${services.urlOf('content')}/api/posts`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: members[n % members.length]?.bearer ?? '',
    },
    body: `{"content":"오늘의 글 ${n}"}`,
  })
  if (response.status !== 201)
    throw new Error(`a write was answered ${response.status}: ${await response.text()}`)
  return ((await response.json()) as { data: { id: number } }).data.id
}

async function drained({ sql }: FaultEnvironment): Promise<void> {
  const isPending = async () =>
    (await sql`select from content.outbox_pending where status = 'PENDING' limit 1`).length > 0
  const isBehind = async () =>
    (
      await sql`select from content.outbox where activity_type = 'POST_CREATE' and not exists (select from activity.record where message_key = 'POST_CREATE###' || outbox.post_id || '###' || outbox.member_id) limit 1`
    ).length > 0
  while ((await isPending()) || (await isBehind())) await sleep(100)
}
