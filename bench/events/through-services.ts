import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { partitionKeyOf } from '@dailyfeed/contract/partition-key'
import { createEventProducer } from '@dailyfeed/kafka-support/event-producer'
import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'
import { atMostFactor, type Measurement, withoutTarget, atLeastRatio } from '../measurement.ts'
import { eventOf } from './listener.ts'
import { median, percentile } from '../percentile.ts'
import { awaitRecords, writeFor } from './writes.ts'

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
