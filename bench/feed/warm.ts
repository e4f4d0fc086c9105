import { type Measurement, atLeastRatio } from '../measurement.ts'
import { interleavedRates } from '../load.ts'
import { compareWithFixedResponses, ROUNDS } from './fixed-response-comparison.ts'
import type { FeedEnvironment, Reader } from './feed-environment.ts'
import {
  besideFixedResponses,
  FEED,
  FOLLOWINGS,
  pagesOf,
  type Timeline,
  type TimelineWithFixedResponses,
} from './timeline.ts'

/** The first page of a reader who has read it before. */
export async function warmFeed(
  environment: FeedEnvironment,
  timeline: TimelineWithFixedResponses,
): Promise<Measurement[]> {
  const [reader] = (await environment.createReaders(1, FOLLOWINGS)) as [Reader]
  return compareWithFixedResponses(timeline, reader, {
    name: 'following feed, page of 20, warm, one process',
    paths: [FEED],
    minRatio: 0.7,
  })
}

/** The same page, compared with a server that sends two commands to Redis before the bytes. */
export async function warmFeedOverRedis(
  environment: FeedEnvironment,
  timeline: Timeline,
  redisUrl: string,
): Promise<Measurement> {
  const [reader] = (await environment.createReaders(1, FOLLOWINGS)) as [Reader]
  const { authorization } = reader
  const measure = (urls: string[]) =>
    interleavedRates(
      { feed: { urls: `${timeline.url}${FEED}`, headers: { authorization } }, fixed: { urls } },
      ROUNDS,
    )
  const { feed, fixed } = await besideFixedResponses(
    timeline,
    await pagesOf(timeline, [FEED], reader),
    measure,
    redisUrl,
  )
  return atLeastRatio(
    'the same with Redis, of two commands to Redis',
    feed,
    fixed,
    'requests/s',
    0.8,
  )
}
