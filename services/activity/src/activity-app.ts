import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { createOnce } from '@dailyfeed/idempotency/once'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { activityRoutes } from './activity/activity.routes.ts'
import type { ActivityConfig } from './config.ts'
import type { ActivityContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { eventHandlersOf } from './event-handlers.ts'
import { moderationRoutes } from './moderation/moderation.routes.ts'
import { notificationRoutes } from './notification/notification.routes.ts'
import { notificationStreamRoutes } from './notification/notification-stream.routes.ts'
import { StreamHub } from './notification/stream-hub.ts'
import { reportRoutes } from './report/report.routes.ts'

interface ActivityAppOptions {
  config: ActivityConfig
  context: ActivityContext
  log: Log
}

export async function activityApp({
  config,
  context,
  log,
}: ActivityAppOptions): Promise<HttpServer> {
  const { sql, verifier, kafka, redis } = context
  const limits = createRateLimits(config, { service: 'activity', log, redis })
  const app = await createHttpServer({
    service: 'activity',
    log,
    verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  const streams = new StreamHub({ sql, verifier, log })
  activityRoutes(app, context)
  reportRoutes(app, {
    once: createOnce(app, 'activity', context),
    limiter: limits?.counters.limiter({
      name: 'reports',
      limit: config.ACTIVITY_REPORTS_PER_MINUTE,
      windowSeconds: 60,
    }),
  })
  notificationRoutes(app, context)
  notificationStreamRoutes(app, { streams })
  moderationRoutes(app, { ...context, blockedTerms: config.BLOCKED_TERMS })
  registerJobs(app, { memberEraseJob: () => eraseMembers(context) })

  registerListener(app, {
    sql,
    service: 'activity',
    handlers: eventHandlersOf(config.BLOCKED_TERMS),
    kafka,
    redis,
    timeZone: config.TOPIC_TIME_ZONE,
    // The streams of this process send new notifications without waiting for their next poll.
    onHandled: () => streams.wake(),
  })
  return app
}
