import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { createOnce } from '@dailyfeed/idempotency/once'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { commentRoutes } from './comment/comment.routes.ts'
import type { ContentConfig } from './config.ts'
import type { ContentContext } from './context.ts'
import { reconcileCounters } from './counter/counter.service.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { likeRoutes } from './like/like.routes.ts'
import { postRoutes } from './post/post.routes.ts'
import { offerTopicUpkeep } from './topic/topic-upkeep.ts'
import { topicRoutes } from './topic/topic.routes.ts'
import { countViews } from './view/view.listener.ts'

interface ContentAppOptions {
  config: ContentConfig
  context: ContentContext
  verifier: TokenVerifier
  kafka?: KafkaCluster | undefined
  redis?: RedisClient | undefined
}

export async function contentApp({
  config,
  context,
  verifier,
  kafka,
  redis,
}: ContentAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'content',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  const once = createOnce(app, 'content', context)
  postRoutes(app, context, once)
  commentRoutes(app, context, once)
  likeRoutes(app, context, once)

  registerListener(app, {
    sql: context.sql,
    service: 'content',
    handlers: [countViews],
    kafka,
    redis,
    timeZone: config.TOPIC_TIME_ZONE,
  })
  const topics =
    kafka === undefined
      ? undefined
      : { sql: context.sql, kafka, timeZone: config.TOPIC_TIME_ZONE, log: app.log }
  topicRoutes(app, topics)
  offerTopicUpkeep(app, topics)
  registerJobs(app, {
    counterReconcileJob: () => reconcileCounters(context.sql),
    memberEraseJob: () => eraseMembers(context),
  })
  return app
}
