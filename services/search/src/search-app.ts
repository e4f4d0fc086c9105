import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { registerListener } from '@dailyfeed/event-listener/register-listener'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
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
  verifier: TokenVerifier
  /** Made once the server's log exists. */
  contextOf: (app: HttpServer) => SearchContext
  kafka?: KafkaCluster | undefined
  redis?: RedisClient | undefined
}

export async function searchApp({
  config,
  verifier,
  contextOf,
  kafka,
  redis,
}: SearchAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'search',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
  })
  const context = contextOf(app)
  const { sql, engine } = context
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
