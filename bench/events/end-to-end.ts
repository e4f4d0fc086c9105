import type { FaultEnvironment } from '@dailyfeed/tests/faults/environment'
import { sendAtRate } from '@dailyfeed/tests/pacing'
import { atLeastRatio, atMostFactor, type Measurement } from '../measurement.ts'
import { percentile } from '../percentile.ts'
import { delaysOfBarePath } from './bare-path.ts'
import { awaitRecords, writeFor, writePost } from './writes.ts'

const WRITES_PER_SECOND = 500
const SECONDS = 10
const TURNS = 2
const WARM_UP_SECONDS = 5
const MAX_P50_FACTOR = 2
const MAX_P99_FACTOR = 3

/**
 * From the answer to a write until its record is committed, by the database's commit timestamps,
 * against a bare loop at the same rate. Both take turns.
 */
export async function endToEndBench(environment: FaultEnvironment): Promise<Measurement[]> {
  await writeFor(environment, WARM_UP_SECONDS)
  await awaitRecords(environment)
  await delaysOfBarePath(environment, WRITES_PER_SECOND, WARM_UP_SECONDS)
  const rates: number[] = []
  const delays: number[] = []
  const bare: number[] = []
  for (let turn = 0; turn < TURNS; turn += 1) {
    const ours = await delaysOfWrites(environment)
    rates.push(ours.rate)
    delays.push(...ours.delays)
    bare.push(...(await delaysOfBarePath(environment, WRITES_PER_SECOND, SECONDS)))
  }
  const against = (name: string, percent: number, maxFactor: number) =>
    atMostFactor(
      `end to end: answer to record, ${name}, against a bare loop`,
      percentile(delays, percent),
      percentile(bare, percent),
      'ms',
      maxFactor,
    )
  return [
    atLeastRatio(
      'end to end: writes that got through',
      Math.min(...rates),
      WRITES_PER_SECOND,
      'writes/s',
      0.99,
    ),
    against('p50', 50, MAX_P50_FACTOR),
    against('p99', 99, MAX_P99_FACTOR),
  ]
}

async function delaysOfWrites(
  environment: FaultEnvironment,
): Promise<{ rate: number; delays: number[] }> {
  const answeredAt = new Map<number, number>()
  const failures: unknown[] = []
  const inFlight: Promise<void>[] = []
  const count = WRITES_PER_SECOND * SECONDS
  const startedAt = performance.now()
  await sendAtRate(WRITES_PER_SECOND, count, (n) => {
    const write = writePost(environment, n).then(
      (id) => void answeredAt.set(id, Date.now()),
      (error) => void failures.push(error),
    )
    inFlight.push(write)
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
  return { rate, delays }
}
