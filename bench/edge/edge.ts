import { SERVICES } from '@dailyfeed/contract/services'
import { flagsOfImage } from '@dailyfeed/tests/node-flags'
import { startPlatformProcess } from '@dailyfeed/tests/platform-process'
import { startTestRedis } from '@dailyfeed/tests/redis'
import { startSeparateServices } from '@dailyfeed/tests/separate-services'
import { type FeedEnvironment, startFeedEnvironment } from '../feed/feed-environment.ts'
import { throughGateway } from '../feed/through-gateway.ts'
import { FEED, FOLLOWINGS, pagesOf, type Timeline } from '../feed/timeline.ts'
import type { Page } from '../fixed-response-server.ts'
import type { Measurement } from '../measurement.ts'
import { compareWithBare } from './beside-bare.ts'
import { coldPage } from './cold-page.ts'
import { startConstantServer } from './constant-server.ts'
import { costOfLimits } from './limits.ts'
import { requireWrk, type WrkTarget } from './wrk.ts'

/**
 * Measures what the product costs around a page, with a bare Fastify as the ceiling. Takes about six
 * minutes, and needs wrk and Redis.
 */
export async function edgeBench(): Promise<Measurement[]> {
  await requireWrk()
  const environment = await startFeedEnvironment()
  try {
    return [...(await inSeparateProcesses(environment)), ...(await inOneProcess(environment))]
  } finally {
    await environment.stop()
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
    const { page, headers } = await warmPageOf(environment, timeline)
    return [
      await constantOfOurServer(page, timeline.flags),
      ...(await compareWithBare(
        [
          {
            name: 'warm page, timeline-svc in its own process',
            url: `${timeline.url}${FEED}`,
            headers,
            minRatio: 0.5,
          },
        ],
        page,
      )),
      ...(await throughGateway(environment, timeline, services.url)),
      await costOfLimits(services, { path: FEED, headers }),
      await coldPage(environment, timeline, 'cold page, with Redis'),
    ]
  } finally {
    await services.end('gateway', 'SIGTERM')
    await services.end('timeline', 'SIGTERM')
    await redis.stop()
  }
}

async function constantOfOurServer(page: Page, flags: readonly string[]): Promise<Measurement> {
  const server = await startConstantServer(page, flags)
  try {
    const [measurement] = await compareWithBare(
      [{ name: 'a constant from our HTTP server', ...server.target, minRatio: 0.75 }],
      page,
    )
    return measurement as Measurement
  } finally {
    await server.stop()
  }
}

/** Every service in one process without Redis, as `npm start` runs them. */
async function inOneProcess(environment: FeedEnvironment): Promise<Measurement[]> {
  const platform = await startPlatformProcess({
    dataDir: environment.database.folder,
    env: { DATABASE_URL: environment.database.ownerUrl, JWKS_URL: environment.jwksUrl },
  })
  const timeline = {
    url: `http://127.0.0.1:${platform.port + SERVICES.timeline.portOffset}`,
    flags: [],
  }
  try {
    const { page, headers } = await warmPageOf(environment, timeline)
    const direct = { url: `${timeline.url}${FEED}`, headers }
    const through = { url: `${platform.url}${FEED}`, headers }
    return [
      ...(await compareWithBare(
        [
          { name: 'warm page, npm start, direct', ...direct, minRatio: 0.35 },
          { name: 'warm page, npm start, through the gateway', ...through, minRatio: 0.3 },
        ],
        page,
      )),
      await coldPage(environment, timeline, 'cold page, without Redis'),
    ]
  } finally {
    await platform.stop({ keepData: true })
  }
}

/** The first page of a new reader, who has read it once. */
async function warmPageOf(
  environment: FeedEnvironment,
  timeline: Timeline,
): Promise<{ page: Page; headers: NonNullable<WrkTarget['headers']> }> {
  const [reader] = await environment.createReaders(1, FOLLOWINGS)
  const { authorization } = reader ?? { authorization: '' }
  const [page] = await pagesOf(timeline, [FEED], { id: 0, authorization })
  if (page === undefined) throw new Error('the following feed did not answer')
  return { page, headers: { authorization } }
}
