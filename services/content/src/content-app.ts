import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { offerDeadLetters } from '@dailyfeed/deadletter-support/dead-letter.routes'
import type { Listener } from '@dailyfeed/deadletter-support/listener'
import { listenOverHttp } from '@dailyfeed/deadletter-support/listener.routes'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { offerJobs } from '@dailyfeed/http-server/jobs.routes'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentRoutes } from './comment/comment.routes.ts'
import type { ContentConfig } from './config.ts'
import type { ContentContext } from './context.ts'
import { reconcileCounters } from './counter/counter.service.ts'
import { likeRoutes } from './like/like.routes.ts'
import { postRoutes } from './post/post.routes.ts'

interface ContentAppOptions {
  config: ContentConfig
  context: ContentContext
  verifier: TokenVerifier
  /** Made once the server's log exists. */
  listenerOf: (app: HttpServer) => Listener
}

export async function contentApp({ config, context, verifier, listenerOf }: ContentAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'content',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  postRoutes(app, context)
  commentRoutes(app, context)
  likeRoutes(app, context)

  const listener = listenerOf(app)
  listenOverHttp(app, listener, ['timeline'])
  offerDeadLetters(app, { sql: context.sql, schema: 'content', listener })
  offerJobs(app, {
    counterReconcileJob: () => reconcileCounters(context.sql),
    listenerDeadletterRestoreJob: async () => ({ restored: await listener.restoreDeadLetters() }),
  })
  return app
}
