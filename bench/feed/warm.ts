import { comparedFigure, type Figure, ratioFigure } from '../figure.ts'
import { sendConstantly } from '../constant-server.ts'
import { requestsPerSecond, turnByTurn } from '../load.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import { besideConstant, FEED, FOLLOWINGS, pagesOf, type Timeline, type TimelineWithConstant } from './timeline.ts'

const ROUNDS = 3
const SECONDS = { warmUpSeconds: 1, seconds: 4 }

/** A page of 20, again and again, against the same process sending the same bytes and headers; and against a process that does nothing else. */
export async function warmFeed(world: FeedWorld, timeline: TimelineWithConstant): Promise<Figure[]> {
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const pages = await pagesOf(timeline, [FEED], reader)
  const embedded = await sendConstantly(timeline.constantUrl, pages)
  const { feed, constant, alone } = await besideConstant(timeline, pages, (urls) =>
    turnByTurn(ROUNDS, {
      feed: feedOf(timeline, reader),
      constant: () => requestsPerSecond(embedded, {}, SECONDS),
      alone: () => requestsPerSecond(urls, {}, SECONDS),
    }),
  )
  return [
    ratioFigure('following feed, page of 20, warm, one process', feed, constant, 'requests/s', 0.7),
    comparedFigure('the same, of a process that sends nothing but constants', feed, alone, 'requests/s'),
  ]
}

/** Against a server that asks Redis twice before it sends them. */
export async function warmFeedOverRedis(world: FeedWorld, timeline: Timeline, redisUrl: string): Promise<Figure> {
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const measure = (urls: string[]) => turnByTurn(ROUNDS, { feed: feedOf(timeline, reader), constant: () => requestsPerSecond(urls, {}, SECONDS) })
  const { feed, constant } = await besideConstant(timeline, await pagesOf(timeline, [FEED], reader), measure, redisUrl)
  return ratioFigure('the same with Redis, of two questions to Redis', feed, constant, 'requests/s', 0.8)
}

const feedOf =
  ({ url }: Timeline, { authorization }: Reader) =>
  () =>
    requestsPerSecond(`${url}${FEED}`, { authorization }, SECONDS)
