import { type Figure, ratioFigure } from '../figure.ts'
import { requestsPerSecond, turnByTurn } from '../load.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import { constantOf, FEED, FOLLOWINGS, type Timeline } from './timeline.ts'

const ROUNDS = 3
const SECONDS = { warmUpSeconds: 1, seconds: 4 }

/** A page of 20, again and again, against the same HTTP server sending the same bytes and headers. */
export async function warmFeed(world: FeedWorld, timeline: Timeline): Promise<Figure> {
  const { feed, constant } = await feedAgainstConstant(world, timeline)
  return ratioFigure('following feed, page of 20, warm, one process', feed, constant, 'requests/s', 0.7)
}

/** The same against a server that asks Redis twice before it sends them. */
export async function warmFeedOverRedis(world: FeedWorld, timeline: Timeline, redisUrl: string): Promise<Figure> {
  const { feed, constant } = await feedAgainstConstant(world, timeline, redisUrl)
  return ratioFigure('the same with Redis, of two questions to Redis', feed, constant, 'requests/s', 0.8)
}

async function feedAgainstConstant(world: FeedWorld, timeline: Timeline, redisUrl?: string): Promise<{ feed: number; constant: number }> {
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const { authorization } = reader
  const constant = await constantOf(timeline, [FEED], reader, redisUrl)
  try {
    return await turnByTurn(ROUNDS, {
      feed: () => requestsPerSecond(`${timeline.url}${FEED}`, { authorization }, SECONDS),
      constant: () => requestsPerSecond(constant.urls, {}, SECONDS),
    })
  } finally {
    await constant.stop()
  }
}
