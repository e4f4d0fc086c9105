import { type Figure, ratioFigure } from '../figure.ts'
import { ratesTurnByTurn } from '../load.ts'
import { againstConstants, ROUNDS } from './against-constants.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import {
  besideConstant,
  FEED,
  FOLLOWINGS,
  pagesOf,
  type Timeline,
  type TimelineWithConstant,
} from './timeline.ts'

/** A page of 20, again and again. */
export async function warmFeed(
  world: FeedWorld,
  timeline: TimelineWithConstant,
): Promise<Figure[]> {
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  return againstConstants(timeline, reader, {
    name: 'following feed, page of 20, warm, one process',
    paths: [FEED],
    leastRatio: 0.7,
  })
}

/** The same against a server that asks Redis twice before it sends the bytes. */
export async function warmFeedOverRedis(
  world: FeedWorld,
  timeline: Timeline,
  redisUrl: string,
): Promise<Figure> {
  const [reader] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const { authorization } = reader
  const measure = (urls: string[]) =>
    ratesTurnByTurn(
      { feed: { urls: `${timeline.url}${FEED}`, headers: { authorization } }, constant: { urls } },
      ROUNDS,
    )
  const { feed, constant } = await besideConstant(
    timeline,
    await pagesOf(timeline, [FEED], reader),
    measure,
    redisUrl,
  )
  return ratioFigure(
    'the same with Redis, of two questions to Redis',
    feed,
    constant,
    'requests/s',
    0.8,
  )
}
