import { SERVICES } from '@dailyfeed/contract/services'
import { flagsOfImage, flagsOfStart } from '@dailyfeed/tests/node-flags'
import { startPlatformProcess } from '@dailyfeed/tests/platform-process'
import { startTestRedis } from '@dailyfeed/tests/redis'
import { startSeparateServices } from '@dailyfeed/tests/separate-services'
import type { Measurement } from '../measurement.ts'
import { coldFeed } from './cold.ts'
import { type FeedEnvironment, startFeedEnvironment } from './feed-environment.ts'
import { growthWithDepth, growthWithFollowings, growthWithPosts } from './growth.ts'
import { listsAndPost } from './lists.ts'
import { throughGateway } from './through-gateway.ts'
import { warmFeed, warmFeedOverRedis } from './warm.ts'

/**
 * Feeds and lists: rates compared with sending the same bytes, latencies of first reads, and growth
 * up to a million posts. Takes about ten minutes.
 */
export async function feedBench(): Promise<Measurement[]> {
  const environment = await startFeedEnvironment()
  try {
    return [...(await inOneProcess(environment)), ...(await inSeparateProcesses(environment))]
  } finally {
    await environment.stop()
  }
}

/** Every service in one process, as `npm start` runs them. */
async function inOneProcess(environment: FeedEnvironment): Promise<Measurement[]> {
  const platform = await startPlatformProcess({
    main: 'bench/feed/platform-with-fixed-responses.ts',
    dataDir: environment.database.folder,
    env: { DATABASE_URL: environment.database.ownerUrl, JWKS_URL: environment.jwksUrl },
  })
  const timeline = {
    url: `http://127.0.0.1:${platform.port + SERVICES.timeline.portOffset}`,
    flags: await flagsOfStart(),
    fixedResponseUrl: /^fixed responses: (\S+)$/m.exec(platform.output())?.[1] ?? '',
  }
  try {
    // This one comes first, since the others need the posts that it adds.
    const withPosts = await growthWithPosts(environment, timeline)
    return [
      ...(await warmFeed(environment, timeline)),
      withPosts,
      await growthWithFollowings(environment, timeline),
      await growthWithDepth(environment, timeline),
      await coldFeed(environment, timeline, 'cold, in one process'),
      ...(await listsAndPost(environment, timeline)),
    ]
  } finally {
    await platform.stop({ keepData: true })
  }
}

/** Services in separate processes with Redis, as in production. */
async function inSeparateProcesses(environment: FeedEnvironment): Promise<Measurement[]> {
  const redis = await startTestRedis()
  const services = await startSeparateServices({
    database: environment.database,
    services: ['timeline', 'gateway'],
    env: () => ({ REDIS_URL: redis.url, JWKS_URL: environment.jwksUrl }),
  })
  const timeline = { url: services.urlOf('timeline'), flags: await flagsOfImage() }
  try {
    return [
      await warmFeedOverRedis(environment, timeline, redis.url),
      ...(await throughGateway(environment, timeline, services.url)),
      await coldFeed(environment, timeline, 'cold, with Redis'),
    ]
  } finally {
    await services.end('gateway', 'SIGTERM')
    await services.end('timeline', 'SIGTERM')
    await redis.stop()
  }
}
