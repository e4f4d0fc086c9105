import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { createOnce } from '@dailyfeed/idempotency/once'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { activityRoutes } from './activity/activity.routes.ts'
import type { ActivityConfig } from './config.ts'
import type { ActivityContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { eventHandlersOf } from './event-handlers.ts'
import { moderationRoutes } from './moderation/moderation.routes.ts'
import { notificationStreamRoutes } from './notification/notification-stream.routes.ts'
import { createNotificationStreams } from './notification/stream-hub.ts'
import { notificationRoutes } from './notification/notification.routes.ts'
import { reportRoutes } from './report/report.routes.ts'

interface ActivityAppOptions {
  config: ActivityConfig
  context: ActivityContext
  verifier: TokenVerifier
  kafka?: KafkaCluster | undefined
  redis?: RedisClient | undefined
}

export async function activityApp({
  config,
  context,
  verifier,
  kafka,
  redis,
}: ActivityAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'activity',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  activityRoutes(app, context)
  reportRoutes(app, config, createOnce(app, 'activity', context))
  notificationRoutes(app, context)
  const streams = createNotificationStreams({ sql: context.sql, verifier, log: app.log })
  notificationStreamRoutes(app, streams)
  moderationRoutes(app, context, config.BLOCKED_TERMS)
  registerJobs(app, { memberEraseJob: () => eraseMembers(context) })

  registerListener(app, {
    sql: context.sql,
    service: 'activity',
    handlers: eventHandlersOf(config.BLOCKED_TERMS),
    kafka,
    redis,
    timeZone: config.TOPIC_TIME_ZONE,
    // Who listens in at this process hears of what it takes up at once.
    onHandled: streams.wake,
  })
  return app
}
