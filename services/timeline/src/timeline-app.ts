import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentRoutes } from './comment/comment.routes.ts'
import type { TimelineConfig } from './config.ts'
import type { TimelineContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { followingRoutes } from './following/following.routes.ts'
import { postRoutes } from './post/post.routes.ts'
import { rankingRoutes } from './ranking/ranking.routes.ts'

interface TimelineAppOptions {
  config: Pick<TimelineConfig, 'INTERNAL_CALLERS'>
  context: TimelineContext
  log: Log
}

export async function timelineApp({
  config,
  context,
  log,
}: TimelineAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'timeline',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
  })
  followingRoutes(app, context)
  rankingRoutes(app, context)
  postRoutes(app, context)
  commentRoutes(app, context)
  registerJobs(app, { memberEraseJob: () => eraseMembers(context.primary) })
  return app
}
