import { startTestRedis } from '@dailyfeed/tests/redis'
import { startSeparateServices } from '@dailyfeed/tests/separate-services'
import { drawChart } from '../chart.ts'
import { type FeedEnvironment, startFeedEnvironment } from '../feed/feed-environment.ts'
import { FEED, FOLLOWINGS } from '../feed/timeline.ts'
import { type LoadRequest, requestsPerSecond } from '../load.ts'
import {
  atLeastRatio,
  atMostFactor,
  type Measurement,
  ratioWithoutTarget,
  withoutTarget,
} from '../measurement.ts'
import { percentile } from '../percentile.ts'
import { openLoopInProcess } from './load-process.ts'
import { probeDuring } from './probe.ts'

const READERS = 100
/** Multiples of the capacity. The first is the quiet load. */
const FACTORS = [0.25, 1, 2, 5]
const SECONDS = 10
/** As many clients as a gateway or a few browsers' worth of connections would hold open. */
const CONNECTIONS = 500
const MIN_GOODPUT = 0.8
const MAX_P99_FACTOR = 3

interface Step {
  factor: number
  goodput: number
  refused: number
  p99: number
  /** Probes of liveness that were not answered 200, and the p99 of the others. */
  probes: { failed: number; p99: number }
}

/**
 * One timeline-svc under 1, 2 and 5 times the requests that it can answer: how many it answers, and
 * how late. Takes about two minutes, and needs Redis.
 */
export async function overloadBench(): Promise<Measurement[]> {
  const environment = await startFeedEnvironment()
  const redis = await startTestRedis()
  const services = await startSeparateServices({
    database: environment.database,
    services: ['timeline'],
    env: () => ({ REDIS_URL: redis.url, JWKS_URL: environment.jwksUrl }),
  })
  const url = services.urlOf('timeline')
  try {
    const requests = await requestsOf(environment, url)
    const capacity = await capacityOf(requests)
    const steps: Step[] = []
    for (const factor of FACTORS) steps.push(await runStep(url, requests, capacity, factor))
    await drawSteps(steps)
    return measurementsOf(steps, capacity)
  } finally {
    await services.end('timeline', 'SIGTERM')
    await redis.stop()
    await environment.stop()
  }
}

async function requestsOf(environment: FeedEnvironment, url: string): Promise<LoadRequest[]> {
  const readers = await environment.createReaders(READERS, FOLLOWINGS)
  return readers.map(({ authorization }) => ({
    url: `${url}${FEED}`,
    headers: { authorization },
  }))
}

/** The rate of a closed loop with few connections, which never waits. */
async function capacityOf(requests: readonly LoadRequest[]): Promise<number> {
  const [{ url, headers }] = requests as [LoadRequest]
  // Each reader's page is cached before the measurement.
  for (const request of requests) await (await fetch(request.url, request)).arrayBuffer()
  return requestsPerSecond(url, headers, { connections: 16, warmUpSeconds: 5, seconds: 5 })
}

async function runStep(
  url: string,
  requests: readonly LoadRequest[],
  capacity: number,
  factor: number,
): Promise<Step> {
  const { result, probes } = await probeDuring(`${url}/healthz/live`, () =>
    openLoopInProcess({
      requests,
      perSecond: capacity * factor,
      seconds: SECONDS,
      connections: CONNECTIONS,
    }),
  )
  if (result.failed > 0) throw new Error(`${result.failed} requests failed at ${factor} ×`)
  return {
    factor,
    goodput: result.admitted.length / SECONDS,
    refused: result.refused / SECONDS,
    p99: percentile(result.admitted, 99),
    probes,
  }
}

function measurementsOf(steps: readonly Step[], capacity: number): Measurement[] {
  const [quiet] = steps as [Step]
  const peak = Math.max(...steps.map(({ goodput }) => goodput))
  const last = steps.at(-1) ?? quiet
  return [
    withoutTarget('capacity of one timeline-svc, closed loop', capacity, 'requests/s'),
    ...steps.flatMap(({ factor, goodput, refused, p99 }) => [
      ratioWithoutTarget(`${factor} ×: answered, of the peak`, goodput, peak, 'requests/s'),
      withoutTarget(`${factor} ×: refused`, refused, 'requests/s'),
      withoutTarget(`${factor} ×: p99 of the answered`, p99, 'ms'),
    ]),
    atLeastRatio('5 ×: answered, of the peak', last.goodput, peak, 'requests/s', MIN_GOODPUT),
    atMostFactor('5 ×: p99, against quiet', last.p99, quiet.p99, 'ms', MAX_P99_FACTOR),
    withoutTarget('5 ×: p99 of liveness probes', last.probes.p99, 'ms'),
    withoutTarget('5 ×: liveness probes refused', last.probes.failed, 'probes'),
  ]
}

async function drawSteps(steps: readonly Step[]): Promise<void> {
  const chart = { xLabel: 'load, as a multiple of the capacity', xScale: 'LINEAR' } as const
  const lineOf = (name: string, ofStep: (step: Step) => number) => ({
    name,
    points: steps.map((step) => ({ x: step.factor, y: ofStep(step) })),
  })
  await drawChart('overload-goodput', {
    ...chart,
    title: 'One process in an overload',
    yLabel: 'requests/s',
    lines: [
      lineOf('answered', ({ goodput }) => goodput),
      lineOf('refused with 503', ({ refused }) => refused),
    ],
  })
  await drawChart('overload-p99', {
    ...chart,
    title: 'Answers of one process in an overload',
    yLabel: 'p99 in ms',
    lines: [lineOf('answered', ({ p99 }) => p99)],
  })
}
