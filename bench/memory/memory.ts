import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestJob } from '@dailyfeed/cli/jobs/jobs'
import { seed } from '@dailyfeed/cli/seed/seed'
import { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import { runningFileOf } from '@dailyfeed/platform/running-file'
import { type PlatformProcess, startPlatformProcess } from '@dailyfeed/tests/platform-process'
import postgres from 'postgres'
import { atMostFactor, type Measurement, withoutTarget, atLeastRatio } from '../measurement.ts'
import { drawChart } from '../chart.ts'
import { type LoadMember, logIn, requestOrThrow } from './load-member.ts'
import { createMixedLoad } from './mixed-load.ts'
import { memoryOf, type TreeMemory } from './process-tree.ts'

const MEMBERS = 50
const FOLLOWINGS = 100
/** Enough to fill the buffers of the database at the start, since only growth is measured. */
const SIZE = { members: 5_000, posts: 100_000, follows: 50_000, seed: 1 }
const SAMPLE_INTERVAL_MS = 1_000
/** The part of the run over which memory is averaged: five minutes of an hour. */
const AVERAGED_PART = 1 / 12
const MAX_FAILURES = 100

interface MemoryBenchOptions {
  minutes: number
  /** Requests per second. */
  rate: number
}

interface Sample extends TreeMemory {
  minute: number
}

/** A few members send what thousands would: limits count every request, and refuse none. */
const GENEROUS_LIMITS = Object.fromEntries(
  [
    'RATE_LIMIT_PER_MINUTE',
    ...Object.keys(rateLimitSettings).filter((name) => name !== 'RATE_LIMIT_MAX_KEYS'),
    'REQUESTS_PER_CLIENT',
    'BODIES_PER_CLIENT',
  ].map((name) => [name, '1000000']),
)

const say = (line: string) => void process.stderr.write(`${line}\n`)

/**
 * The product as `npm start` runs it, under a mixed load at a fixed rate: the memory of all its
 * processes at the end, compared with that at the beginning of the same load. Throws when an answer
 * is not as expected.
 */
export async function memoryBench({ minutes, rate }: MemoryBenchOptions): Promise<Measurement[]> {
  const platform = await startPlatformProcess({
    env: { RATE_LIMIT: 'on', ...GENEROUS_LIMITS },
  })
  const failures: string[] = []
  try {
    const members = await makeMembers(platform)
    say(`${minutes} minutes of ${rate} requests per second…`)
    const load = createMixedLoad({
      url: platform.url,
      members,
      requestsPerSecond: rate,
      onFailure(message) {
        failures.push(message)
        say(message)
      },
    })
    let isOver = false
    const sampling = sampleUntil(() => isOver, platform.pid)
    const reachedRate = await load
      .run(minutes * 60, () => failures.length >= MAX_FAILURES)
      .finally(() => {
        isOver = true
      })
    const samples = await sampling
    await draw(samples)
    if (failures.length > 0)
      throw new Error(`${failures.length} answers were not as expected; the first: ${failures[0]}`)
    return measurementsOf(samples, minutes, reachedRate, rate)
  } finally {
    await platform.stop()
  }
}

async function makeMembers(platform: PlatformProcess): Promise<LoadMember[]> {
  const { ownerUrl } = JSON.parse(await readFile(runningFileOf(platform.dataDir), 'utf8')) as {
    ownerUrl: string
  }
  say(`loading ${SIZE.posts.toLocaleString('en')} posts…`)
  await seed(ownerUrl, SIZE, () => {})
  await requestJob({ DATA_DIR: platform.dataDir }, 'searchReindexJob')
  const members: LoadMember[] = []
  for (let n = 0; n < MEMBERS; n += 1) {
    const account = {
      email: `member${n}@example.com`,
      password: 'a password of the benches',
      memberName: `Member ${n}`,
      handle: `bench_member_${n}`,
    }
    const { data } = await requestOrThrow(platform.url, {
      url: '/api/authentication/signup',
      body: account,
    })
    const bearer = await logIn(platform.url, account)
    members.push({
      ...account,
      id: data.id,
      bearer,
      formerBearer: undefined,
      likes: new Set(),
      follows: new Set(),
    })
  }
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  await sql`
    insert into member.follow (follower_id, following_id)
    select reader.id, followed.id
    from member.member reader
    cross join (
      select id from member.member where handle like 'seed\\_%' order by id limit ${FOLLOWINGS}
    ) followed
    where reader.handle like 'bench\\_member\\_%'`
  await sql.end()
  return members
}

async function sampleUntil(isOver: () => boolean, pid: number): Promise<Sample[]> {
  const samples: Sample[] = []
  const startedAt = performance.now()
  while (!isOver()) {
    const minute = (performance.now() - startedAt) / 60_000
    samples.push({ minute, ...(await memoryOf(pid)) })
    await sleep(SAMPLE_INTERVAL_MS)
  }
  return samples
}

function measurementsOf(
  samples: readonly Sample[],
  minutes: number,
  reachedRate: number,
  rate: number,
): Measurement[] {
  const part = minutes * AVERAGED_PART
  const early = samples.filter(({ minute }) => minute >= part && minute < 2 * part)
  const late = samples.filter(({ minute }) => minute >= minutes - part)
  const after = `after ${minutes} minutes, against after ${Math.round(part * 10) / 10}`
  return [
    atMostFactor(
      `memory of all processes ${after}`,
      mean(late.map(totalOf)),
      mean(early.map(totalOf)),
      'MB',
      1.1,
    ),
    withoutTarget('of this, Node at the end', mean(late.map(({ root }) => root)), 'MB'),
    withoutTarget(
      'of this, PostgreSQL at the end',
      mean(late.map(({ descendants }) => descendants)),
      'MB',
    ),
    withoutTarget('maximum at any moment', Math.max(...samples.map(totalOf)), 'MB'),
    atLeastRatio('answered requests, of the requested rate', reachedRate, rate, 'requests/s', 0.99),
  ]
}

async function draw(samples: readonly Sample[]): Promise<void> {
  // A few hundred points are enough for a chart.
  const step = Math.max(1, Math.floor(samples.length / 300))
  const drawn = samples.filter((_, index) => index % step === 0)
  const line = (name: string, memoryIn: (sample: Sample) => number) => ({
    name,
    points: drawn.map((sample) => ({ x: sample.minute, y: memoryIn(sample) })),
  })
  const path = await drawChart('memory', {
    title: 'Memory of the product under a mixed load',
    xLabel: 'minutes',
    xScale: 'LINEAR',
    yLabel: 'MB of PSS',
    lines: [
      line('all processes', totalOf),
      line('Node', ({ root }) => root),
      line('PostgreSQL', ({ descendants }) => descendants),
    ],
  })
  say(`chart: ${path}`)
}

const totalOf = ({ root, descendants }: TreeMemory) => root + descendants
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
