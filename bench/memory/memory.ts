import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestJob } from '@dailyfeed/cli/jobs/jobs'
import { seed } from '@dailyfeed/cli/seed/seed'
import { runningFileOf } from '@dailyfeed/platform/running-file'
import { type PlatformProcess, startPlatformProcess } from '@dailyfeed/tests/platform-process'
import postgres from 'postgres'
import { factorFigure, type Figure, informationFigure, ratioFigure } from '../figure.ts'
import { drawGrowth } from '../picture.ts'
import { answerOf, createMixedLoad, type LoadMember, logIn } from './mixed-load.ts'
import { memoryOf, type TreeMemory } from './process-tree.ts'

const MEMBERS = 50
const FOLLOWINGS = 100
/** Enough to fill the database's buffers from the start: what is judged is growth, not the first use. */
const SIZE = { members: 5_000, posts: 100_000, follows: 50_000, seed: 1 }
const SAMPLE_EVERY_MILLISECONDS = 1_000
/** Of the whole run: five minutes of an hour. */
const STRETCH = 1 / 12
const MOST_FAILURES = 100

interface MemoryBenchOptions {
  minutes: number
  /** Requests a second. */
  rate: number
}

interface Sample extends TreeMemory {
  minute: number
}

const say = (line: string) => void process.stderr.write(`${line}\n`)

/**
 * The product as `npm start` runs it, under a mixed load at a fixed pace: memory of all its processes at the end against
 * that of the same load's beginning. Throws where an answer was not what had to come.
 */
export async function memoryBench({ minutes, rate }: MemoryBenchOptions): Promise<Figure[]> {
  const platform = await startPlatformProcess({
    env: { RATE_LIMIT: 'on', RATE_LIMIT_PER_MINUTE: '10000000' },
  })
  const failures: string[] = []
  try {
    const members = await makeMembers(platform)
    say(`${minutes} minutes of ${rate} requests a second…`)
    const load = createMixedLoad({
      url: platform.url,
      members,
      rate,
      onFailure(message) {
        failures.push(message)
        say(message)
      },
    })
    let isOver = false
    const sampling = sampleUntil(() => isOver, platform.pid)
    const pace = await load
      .run(minutes * 60, () => failures.length >= MOST_FAILURES)
      .finally(() => {
        isOver = true
      })
    const samples = await sampling
    await draw(samples)
    if (failures.length > 0)
      throw new Error(
        `${failures.length} answers were not what had to come; the first: ${failures[0]}`,
      )
    return figuresOf(samples, minutes, pace, rate)
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
      password: 'a bench remembers little',
      memberName: `Member ${n}`,
      handle: `bench_member_${n}`,
    }
    const { data } = await answerOf(platform.url, {
      method: 'POST',
      path: '/api/authentication/signup',
      body: account,
    })
    const bearer = await logIn(platform.url, account)
    members.push({
      ...account,
      id: (data as { id: number }).id,
      bearer,
      formerBearer: undefined,
      likes: new Set(),
      follows: new Set(),
    })
  }
  const sql = postgres(ownerUrl, { max: 1, onnotice() {} })
  await sql`
    insert into member.follow (follower_id, following_id)
    select reader.id, followed.id from member.member reader
    cross join (select id from member.member where handle like 'seed\\_%' order by id limit ${FOLLOWINGS}) followed where reader.handle like 'bench\\_member\\_%'`
  await sql.end()
  return members
}

async function sampleUntil(isOver: () => boolean, pid: number): Promise<Sample[]> {
  const samples: Sample[] = []
  const startedAt = performance.now()
  while (!isOver()) {
    const minute = (performance.now() - startedAt) / 60_000
    samples.push({ minute, ...(await memoryOf(pid)) })
    await sleep(SAMPLE_EVERY_MILLISECONDS)
  }
  return samples
}

function figuresOf(
  samples: readonly Sample[],
  minutes: number,
  pace: number,
  rate: number,
): Figure[] {
  const stretch = minutes * STRETCH
  const early = samples.filter(({ minute }) => minute >= stretch && minute < 2 * stretch)
  const late = samples.filter(({ minute }) => minute >= minutes - stretch)
  const after = `after ${minutes} minutes, against after ${Math.round(stretch * 10) / 10}`
  return [
    factorFigure(
      `memory of all processes ${after}`,
      mean(late.map(totalOf)),
      mean(early.map(totalOf)),
      'MB',
      1.1,
    ),
    informationFigure('of them Node at the end', mean(late.map(({ root }) => root)), 'MB'),
    informationFigure(
      'of them PostgreSQL at the end',
      mean(late.map(({ descendants }) => descendants)),
      'MB',
    ),
    informationFigure('most at any moment', Math.max(...samples.map(totalOf)), 'MB'),
    ratioFigure('requests that were answered, of the pace', pace, rate, 'requests/s', 0.99),
  ]
}

async function draw(samples: readonly Sample[]): Promise<void> {
  // Some hundred points are many enough to see by.
  const step = Math.max(1, Math.floor(samples.length / 300))
  const drawn = samples.filter((_, index) => index % step === 0)
  const line = (name: string, of: (sample: Sample) => number) => ({
    name,
    points: drawn.map((sample) => ({ x: sample.minute, y: of(sample) })),
  })
  const path = await drawGrowth('memory', {
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
  say(`drawn: ${path}`)
}

const totalOf = ({ root, descendants }: TreeMemory) => root + descendants
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
