import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { offerDeadLetters } from '@dailyfeed/deadletter-support/dead-letter.routes'
import { createListener } from '@dailyfeed/deadletter-support/listener'
import { listenOverHttp } from '@dailyfeed/deadletter-support/listener.routes'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { offerJobs } from '@dailyfeed/http-server/jobs.routes'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentSearchRoutes } from './comment-search/comment-search.routes.ts'
import type { SearchConfig } from './config.ts'
import type { SearchContext } from './context.ts'
import { countRoutes } from './count/count.routes.ts'
import { catchUp } from './indexing/catch-up.service.ts'
import { keepCommentIndex, keepPostIndex } from './indexing/indexing.listener.ts'
import { searchReindexJob } from './indexing/reindex.service.ts'
import { postSearchRoutes } from './post-search/post-search.routes.ts'

interface SearchAppOptions {
  config: SearchConfig
  verifier: TokenVerifier
  /** Made once the server's log exists. */
  contextOf: (app: HttpServer) => SearchContext
}

export async function searchApp({ config, verifier, contextOf }: SearchAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'search',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  const context = contextOf(app)
  const { sql } = context
  postSearchRoutes(app, context)
  commentSearchRoutes(app, context)
  countRoutes(app, context)

  const listener = createListener({ sql, schema: 'search', steps: [keepPostIndex, keepCommentIndex], log: app.log })
  listenOverHttp(app, listener, ['content', 'member'])
  offerDeadLetters(app, { sql, schema: 'search', listener })
  offerJobs(app, {
    searchReindexJob: () => searchReindexJob(sql),
    searchReconcileJob: async () => ({ ...(await catchUp(sql)) }),
    listenerDeadletterRestoreJob: async () => ({ restored: await listener.restoreDeadLetters() }),
  })
  return app
}
