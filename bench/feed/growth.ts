import { setTimeout as sleep } from 'node:timers/promises'
import { servePages } from '../fixed-response-server.ts'
import { atMostFactor, type Measurement } from '../measurement.ts'
import { type ClosedLoop, interleavedRates } from '../load.ts'
import { drawChart } from '../chart.ts'
import type { FeedEnvironment, Reader } from './feed-environment.ts'
import {
  FEED,
  FOLLOWINGS,
  pagesOf,
  type Timeline,
  type TimelineWithFixedResponses,
} from './timeline.ts'

const ROUNDS = 15
const POSTS = [10_000, 100_000, 1_000_000]
const FOLLOWING_COUNTS = [100, 200, 500, 1_000]
/** Cached pages end before the fortieth. */
const DEPTHS = [50, 100, 200, 500, 1_000]
const DEEP_CONNECTIONS = 4
const MAX_FACTOR = 1.3

interface Point {
  x: number
  y: number
}

/**
 * The cost of a warm page in multiples of sending the same bytes, since the speed of the machine may
 * change in the minutes between two sizes.
 */
export async function growthWithPosts(
  environment: FeedEnvironment,
  timeline: TimelineWithFixedResponses,
): Promise<Measurement> {
  const points: Point[] = []
  for (const posts of POSTS) {
    await environment.growTo(posts)
    await awaitNewestPosts(environment, timeline)
    const readers = await environment.createReaders(1, FOLLOWINGS)
    points.push({ x: posts, y: (await costsOfWarmPages(timeline, readers))[0] ?? Number.NaN })
  }
  await draw(
    'feed-posts',
    'A warm page of the following feed',
    'posts',
    'multiples of sending the same bytes',
    points,
  )
  return measureGrowth('warm, 1,000,000 posts against 10,000', points, '× fixed response')
}

/**
 * No event was published for the new posts. The first new reader ten seconds later makes the service
 * load the newest posts again.
 */
async function awaitNewestPosts(environment: FeedEnvironment, { url }: Timeline): Promise<void> {
  await sleep(10_500)
  const [{ authorization }] = (await environment.createReaders(1, FOLLOWINGS)) as [Reader]
  await fetch(`${url}${FEED}`, { headers: { authorization } })
  await sleep(1_000)
}

export async function growthWithFollowings(
  environment: FeedEnvironment,
  timeline: TimelineWithFixedResponses,
): Promise<Measurement> {
  const readers: Reader[] = []
  for (const count of FOLLOWING_COUNTS) readers.push(...(await environment.createReaders(1, count)))
  const costs = await costsOfWarmPages(timeline, readers)
  const points = FOLLOWING_COUNTS.map((x, index) => ({ x, y: costs[index] ?? Number.NaN }))
  await draw(
    'feed-followings',
    'A warm page of the following feed',
    'followings',
    'multiples of sending the same bytes',
    points,
  )
  return measureGrowth('warm, 1,000 followings against 100', points, '× fixed response')
}

/**
 * The cost of a page for each reader, in multiples of sending the first reader's bytes from the same
 * process; all are interleaved.
 */
async function costsOfWarmPages(
  timeline: TimelineWithFixedResponses,
  readers: readonly Reader[],
): Promise<number[]> {
  const fixed = await servePages(
    timeline.fixedResponseUrl,
    await pagesOf(timeline, [FEED], readers[0] as Reader),
  )
  const pages = readers.map(({ authorization }): [string, ClosedLoop] => [
    authorization,
    { urls: `${timeline.url}${FEED}`, headers: { authorization } },
  ])
  const rates = await interleavedRates<string>(
    { fixed: { urls: fixed }, ...Object.fromEntries(pages) },
    ROUNDS,
  )
  return readers.map(
    ({ authorization }) => (rates['fixed'] ?? Number.NaN) / (rates[authorization] ?? Number.NaN),
  )
}

/** Pages beyond the cached ones: reads a thousand pages, then measures those of some depths. */
export async function growthWithDepth(
  environment: FeedEnvironment,
  timeline: Timeline,
): Promise<Measurement> {
  const [{ authorization }] = (await environment.createReaders(1, 500)) as [Reader]
  const urls = await urlsOfDepths(timeline, authorization)
  const pages = urls.map((url, index): [string, ClosedLoop] => [
    String(DEPTHS[index]),
    { urls: url, headers: { authorization }, connections: DEEP_CONNECTIONS },
  ])
  const rates = await interleavedRates<string>(Object.fromEntries(pages), ROUNDS)
  const points = DEPTHS.map((x) => ({
    x,
    y: (1_000 * DEEP_CONNECTIONS) / (rates[String(x)] ?? Number.NaN),
  }))
  await draw(
    'feed-depth',
    `A page beyond the cached ones, ${DEEP_CONNECTIONS} connections`,
    'pages deep',
    'ms',
    points,
  )
  return measureGrowth('beyond the cached pages, 1,000 deep against 50', points, 'ms')
}

async function urlsOfDepths({ url }: Timeline, authorization: string): Promise<string[]> {
  const urls: string[] = []
  let next = `${url}${FEED}`
  for (let page = 1; urls.length < DEPTHS.length; page += 1) {
    if (page === DEPTHS[urls.length]) urls.push(next)
    const answer = (await (await fetch(next, { headers: { authorization } })).json()) as {
      data: { nextCursor: string | null }
    }
    if (answer.data.nextCursor === null) throw new Error(`the feed ended after ${page} pages`)
    next = `${url}${FEED}?cursor=${encodeURIComponent(answer.data.nextCursor)}`
  }
  return urls
}

const measureGrowth = (name: string, points: readonly Point[], unit: string): Measurement =>
  atMostFactor(name, points.at(-1)?.y ?? Number.NaN, points[0]?.y ?? Number.NaN, unit, MAX_FACTOR)

const draw = (name: string, title: string, xLabel: string, yLabel: string, points: Point[]) =>
  drawChart(name, { title, xLabel, yLabel, lines: [{ name: 'a page of 20', points }] })
