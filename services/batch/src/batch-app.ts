import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { BatchConfig } from './config.ts'
import type { AdminContext } from './context.ts'
import { deadLetterRoutes } from './dead-letter/dead-letter.routes.ts'
import { jobRoutes } from './job/job.routes.ts'
import { topicRoutes } from './topic/topic.routes.ts'

interface BatchAppOptions {
  config: BatchConfig
  context: AdminContext
  log: Log
}

export async function batchApp({ config, context, log }: BatchAppOptions): Promise<HttpServer> {
  const limits = createRateLimits(config, { service: 'batch', log, redis: context.redis })
  const app = await createHttpServer({
    service: 'batch',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  jobRoutes(app, context)
  deadLetterRoutes(app, context)
  topicRoutes(app, context)
  return app
}
