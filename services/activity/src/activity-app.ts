import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Listener } from '@dailyfeed/deadletter-support/listener'
import { offerDeadLetters } from '@dailyfeed/deadletter-support/dead-letter.routes'
import { listenOverHttp } from '@dailyfeed/deadletter-support/listener.routes'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { offerJobs } from '@dailyfeed/http-server/jobs.routes'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { activityRoutes } from './activity/activity.routes.ts'
import type { ActivityConfig } from './config.ts'
import type { ActivityContext } from './context.ts'
import { notificationStreamRoutes } from './notification/notification-stream.routes.ts'
import { createNotificationStreams, type NotificationStreams } from './notification/notification-streams.ts'
import { notificationRoutes } from './notification/notification.routes.ts'
import { reportRoutes } from './report/report.routes.ts'

interface ActivityAppOptions {
  config: ActivityConfig
  context: ActivityContext
  verifier: TokenVerifier
  /** Made once the server's log exists. */
  listenerOf: (app: HttpServer) => Listener
}

export async function activityApp({ config, context, verifier, listenerOf }: ActivityAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'activity',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  activityRoutes(app, context)
  reportRoutes(app, config, context)
  notificationRoutes(app, context)
  const streams = createNotificationStreams({ sql: context.sql, verifier, log: app.log })
  notificationStreamRoutes(app, streams)

  const listener = wakingListener(listenerOf(app), streams)
  listenOverHttp(app, listener, ['content', 'member', 'timeline'])
  offerDeadLetters(app, { sql: context.sql, schema: 'activity', listener })
  offerJobs(app, {
    listenerDeadletterRestoreJob: async () => ({ restored: await listener.restoreDeadLetters() }),
  })
  return app
}

/** Who listens in at this process hears of what it takes up at once. */
const wakingListener = (listener: Listener, streams: NotificationStreams): Listener => ({
  ...listener,
  async handle(events, source) {
    const report = await listener.handle(events, source)
    if (report.applied > 0) streams.wake()
    return report
  },
})
