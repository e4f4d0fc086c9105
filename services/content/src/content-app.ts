import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { createOnce } from '@dailyfeed/idempotency/once'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentRoutes } from './comment/comment.routes.ts'
import type { ContentConfig } from './config.ts'
import type { ContentContext } from './context.ts'
import { reconcileCounters } from './counter/counter.service.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { likeRoutes } from './like/like.routes.ts'
import { postRoutes } from './post/post.routes.ts'
import { registerTopicUpkeep } from './topic/topic-upkeep.ts'
import { topicRoutes } from './topic/topic.routes.ts'
import { countViews } from './view/view.listener.ts'

interface ContentAppOptions {
  config: ContentConfig
  context: ContentContext
  log: Log
}

export async function contentApp({ config, context, log }: ContentAppOptions): Promise<HttpServer> {
  const { sql, verifier, kafka, redis } = context
  const limits = createRateLimits(config, { service: 'content', log, redis })
  const app = await createHttpServer({
    service: 'content',
    log,
    verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  const creating = { ...context, once: createOnce(app, 'content', context) }
  postRoutes(app, creating)
  commentRoutes(app, creating)
  likeRoutes(app, creating)

  registerListener(app, {
    sql,
    service: 'content',
    handlers: [countViews],
    kafka,
    redis,
    timeZone: config.TOPIC_TIME_ZONE,
  })
  const topics =
    kafka === undefined ? undefined : { sql, kafka, timeZone: config.TOPIC_TIME_ZONE, log }
  topicRoutes(app, topics)
  registerTopicUpkeep(app, topics)
  registerJobs(app, {
    counterReconcileJob: () => reconcileCounters(sql),
    memberEraseJob: () => eraseMembers(context),
  })
  return app
}
