import { setTimeout as sleep } from 'node:timers/promises'
import { sendConstantly } from '../constant-server.ts'
import { factorFigure, type Figure } from '../figure.ts'
import { type Load, ratesTurnByTurn } from '../load.ts'
import { drawGrowth } from '../picture.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import { FEED, FOLLOWINGS, pagesOf, type Timeline, type TimelineWithConstant } from './timeline.ts'

const ROUNDS = 15
const POSTS = [10_000, 100_000, 1_000_000]
const FOLLOWING_COUNTS = [100, 200, 500, 1_000]
/** The pages that are remembered end before the fortieth. */
const DEPTHS = [50, 100, 200, 500, 1_000]
const DEEP_CONNECTIONS = 4
const MOST_FACTOR = 1.3

interface Point {
  x: number
  y: number
}

/** A warm page, in times of sending the same bytes: between two sizes lie minutes, in which the machine may have changed. */
export async function growthWithPosts(
  world: FeedWorld,
  timeline: TimelineWithConstant,
): Promise<Figure> {
  const points: Point[] = []
  for (const posts of POSTS) {
    await world.growTo(posts)
    await waitUntilHeardOf(world, timeline)
    const readers = await world.newReaders(1, FOLLOWINGS)
    points.push({ x: posts, y: (await warmCosts(timeline, readers))[0] ?? Number.NaN })
  }
  await draw(
    'feed-posts',
    'A warm page of the following feed',
    'posts',
    'times of sending the same bytes',
    points,
  )
  return growthFigure('warm, 1,000,000 posts against 10,000', points, 'constants')
}

/** Nobody told of them: the first new reader ten seconds later has the newest posts looked up again. */
async function waitUntilHeardOf(world: FeedWorld, { url }: Timeline): Promise<void> {
  await sleep(10_500)
  const [{ authorization }] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  await fetch(`${url}${FEED}`, { headers: { authorization } })
  await sleep(1_000)
}

export async function growthWithFollowings(
  world: FeedWorld,
  timeline: TimelineWithConstant,
): Promise<Figure> {
  const readers: Reader[] = []
  for (const count of FOLLOWING_COUNTS) readers.push(...(await world.newReaders(1, count)))
  const costs = await warmCosts(timeline, readers)
  const points = FOLLOWING_COUNTS.map((x, index) => ({ x, y: costs[index] ?? Number.NaN }))
  await draw(
    'feed-followings',
    'A warm page of the following feed',
    'followings',
    'times of sending the same bytes',
    points,
  )
  return growthFigure('warm, 1,000 followings against 100', points, 'constants')
}

/** What a page costs each of them, all turn by turn, in what the same process needs to send the first one's bytes. */
async function warmCosts(
  timeline: TimelineWithConstant,
  readers: readonly Reader[],
): Promise<number[]> {
  const constant = await sendConstantly(
    timeline.constantUrl,
    await pagesOf(timeline, [FEED], readers[0] as Reader),
  )
  const pages = readers.map(({ authorization }): [string, Load] => [
    authorization,
    { urls: `${timeline.url}${FEED}`, headers: { authorization } },
  ])
  const rates = await ratesTurnByTurn<string>(
    { constant: { urls: constant }, ...Object.fromEntries(pages) },
    ROUNDS,
  )
  return readers.map(
    ({ authorization }) => (rates['constant'] ?? Number.NaN) / (rates[authorization] ?? Number.NaN),
  )
}

/** Beyond what is remembered: a walk of a thousand pages, and then the pages of some depths again and again. */
export async function growthWithDepth(world: FeedWorld, timeline: Timeline): Promise<Figure> {
  const [{ authorization }] = (await world.newReaders(1, 500)) as [Reader]
  const urls = await urlsOfDepths(timeline, authorization)
  const pages = urls.map((url, index): [string, Load] => [
    String(DEPTHS[index]),
    { urls: url, headers: { authorization }, connections: DEEP_CONNECTIONS },
  ])
  const rates = await ratesTurnByTurn<string>(Object.fromEntries(pages), ROUNDS)
  const points = DEPTHS.map((x) => ({
    x,
    y: (1_000 * DEEP_CONNECTIONS) / (rates[String(x)] ?? Number.NaN),
  }))
  await draw(
    'feed-depth',
    `A page past the remembered ones, ${DEEP_CONNECTIONS} at once`,
    'pages deep',
    'ms',
    points,
  )
  return growthFigure('past the remembered pages, 1,000 deep against 50', points, 'ms')
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

const growthFigure = (name: string, points: readonly Point[], unit: string): Figure =>
  factorFigure(name, points.at(-1)?.y ?? Number.NaN, points[0]?.y ?? Number.NaN, unit, MOST_FACTOR)

const draw = (name: string, title: string, xLabel: string, yLabel: string, points: Point[]) =>
  drawGrowth(name, { title, xLabel, yLabel, lines: [{ name: 'a page of 20', points }] })
