import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Log } from '@dailyfeed/http-server/log'
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
  const app = await createHttpServer({
    service: 'batch',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
  })
  jobRoutes(app, context)
  deadLetterRoutes(app, context)
  topicRoutes(app, context)
  return app
}
