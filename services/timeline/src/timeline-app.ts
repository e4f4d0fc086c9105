import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import {
  createRateLimits,
  type RateLimitConfig,
  type RateLimitsOff,
} from '@dailyfeed/http-server/rate-limits'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentRoutes } from './comment/comment.routes.ts'
import type { TimelineConfig } from './config.ts'
import type { TimelineContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { followingRoutes } from './following/following.routes.ts'
import { postRoutes } from './post/post.routes.ts'
import { rankingRoutes } from './ranking/ranking.routes.ts'

interface TimelineAppOptions {
  config: Pick<TimelineConfig, 'INTERNAL_CALLERS'> & (RateLimitConfig | RateLimitsOff)
  context: TimelineContext
  log: Log
}

export async function timelineApp({
  config,
  context,
  log,
}: TimelineAppOptions): Promise<HttpServer> {
  const limits = createRateLimits(config, { service: 'timeline', log, redis: context.redis })
  const app = await createHttpServer({
    service: 'timeline',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  followingRoutes(app, context)
  rankingRoutes(app, context)
  postRoutes(app, context)
  commentRoutes(app, context)
  registerJobs(app, { memberEraseJob: () => eraseMembers(context.primary) })
  return app
}
