import { SERVICES } from '@dailyfeed/contract/services'
import { flagsOfImage, flagsOfStart } from '@dailyfeed/tests/node-flags'
import { startPlatformProcess } from '@dailyfeed/tests/platform-process'
import { startTestRedis } from '@dailyfeed/tests/redis'
import { startSeparateServices } from '@dailyfeed/tests/separate-services'
import type { Figure } from '../figure.ts'
import { coldFeed } from './cold.ts'
import { type FeedWorld, startFeedWorld } from './feed-world.ts'
import { growthWithDepth, growthWithFollowings, growthWithPosts } from './growth.ts'
import { listsAndPost } from './lists.ts'
import { throughGateway } from './through-gateway.ts'
import { warmFeed, warmFeedOverRedis } from './warm.ts'

/** Feeds and lists: what they cost against sending the same bytes, cold, and as everything grows to a million posts. Takes about ten minutes. */
export async function feedBench(): Promise<Figure[]> {
  const world = await startFeedWorld()
  try {
    return [...(await inOneProcess(world)), ...(await inProcessesOfTheirOwn(world))]
  } finally {
    await world.stop()
  }
}

/** As `npm start` runs them. */
async function inOneProcess(world: FeedWorld): Promise<Figure[]> {
  const platform = await startPlatformProcess({
    main: 'bench/feed/platform-with-constant.ts',
    dataDir: world.database.folder,
    env: { DATABASE_URL: world.database.ownerUrl, JWKS_URL: world.jwksUrl },
  })
  const timeline = {
    url: `http://127.0.0.1:${platform.port + SERVICES.timeline.portOffset}`,
    flags: await flagsOfStart(),
    constantUrl: /^constant: (\S+)$/m.exec(platform.output())?.[1] ?? '',
  }
  try {
    // First: the others need the posts that it adds.
    const withPosts = await growthWithPosts(world, timeline)
    return [
      ...(await warmFeed(world, timeline)),
      withPosts,
      await growthWithFollowings(world, timeline),
      await growthWithDepth(world, timeline),
      await coldFeed(world, timeline, 'cold, in one process'),
      ...(await listsAndPost(world, timeline)),
    ]
  } finally {
    await platform.stop({ keepData: true })
  }
}

/** As in production, with Redis. */
async function inProcessesOfTheirOwn(world: FeedWorld): Promise<Figure[]> {
  const redis = await startTestRedis()
  const services = await startSeparateServices({
    database: world.database,
    services: ['timeline', 'gateway'],
    env: () => ({ REDIS_URL: redis.url, JWKS_URL: world.jwksUrl }),
  })
  const timeline = { url: services.urlOf('timeline'), flags: await flagsOfImage() }
  try {
    return [
      await warmFeedOverRedis(world, timeline, redis.url),
      ...(await throughGateway(world, timeline, services.url)),
      await coldFeed(world, timeline, 'cold, with Redis'),
    ]
  } finally {
    await services.end('gateway', 'SIGTERM')
    await services.end('timeline', 'SIGTERM')
    await redis.stop()
  }
}
