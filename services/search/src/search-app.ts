import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { commentSearchRoutes } from './comment-search/comment-search.routes.ts'
import type { SearchConfig } from './config.ts'
import type { SearchContext } from './context.ts'
import { countRoutes } from './count/count.routes.ts'
import { catchUp } from './indexing/catch-up.service.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { keepCommentIndex, keepPostIndex } from './indexing/indexing.listener.ts'
import { searchReindexJob } from './indexing/reindex.service.ts'
import { postSearchRoutes } from './post-search/post-search.routes.ts'

interface SearchAppOptions {
  config: SearchConfig
  context: SearchContext
  log: Log
}

export async function searchApp({ config, context, log }: SearchAppOptions): Promise<HttpServer> {
  const { sql, engine, admission, verifier, kafka, redis } = context
  const limits = createRateLimits(config, { service: 'search', log, redis })
  const app = await createHttpServer({
    service: 'search',
    log,
    verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  admission.registerMetrics(app.metrics)
  postSearchRoutes(app, context)
  commentSearchRoutes(app, context)
  countRoutes(app, context)

  registerListener(app, {
    sql,
    service: 'search',
    handlers: [keepPostIndex(engine), keepCommentIndex(engine)],
    kafka,
    redis,
    timeZone: config.TOPIC_TIME_ZONE,
  })
  registerJobs(app, {
    memberEraseJob: () => eraseMembers({ sql, engine }),
    searchReindexJob: () => searchReindexJob({ sql, engine }),
    searchReconcileJob: async () => ({ ...(await catchUp({ sql, engine })) }),
  })
  return app
}
