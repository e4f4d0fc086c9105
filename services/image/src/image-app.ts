import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { createOnce } from '@dailyfeed/idempotency/once'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import { collectImages } from './collection/collection.service.ts'
import type { ImageConfig } from './config.ts'
import type { ImageContext } from './context.ts'
import { deletionRoutes } from './deletion/deletion.routes.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { isStorageFault } from './storage/storage-fault.ts'
import { uploadRoutes } from './upload/upload.routes.ts'
import { viewRoutes } from './view/view.routes.ts'

/** Enough for 10 MiB at 1.5 Mbit/s: the 15 s of other services would cut off uploads from phones. */
const UPLOAD_TIMEOUT_MILLISECONDS = 60_000

interface ImageAppOptions {
  config: ImageConfig
  context: ImageContext
  log: Log
}

export async function imageApp({ config, context, log }: ImageAppOptions): Promise<HttpServer> {
  const limits = createRateLimits(config, { service: 'image', log, redis: context.redis })
  const app = await createHttpServer({
    service: 'image',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault: (error) => isTransientFault(error) || isStorageFault(error),
    limits,
  })
  app.server.requestTimeout = UPLOAD_TIMEOUT_MILLISECONDS
  await uploadRoutes(app, {
    ...context,
    once: createOnce(app, 'image', context),
    maxUploadBytes: config.IMAGE_UPLOAD_BYTES_MAX,
  })
  viewRoutes(app, context)
  deletionRoutes(app, context)
  registerJobs(app, {
    imageCollectJob: () => collectImages(context),
    memberEraseJob: () => eraseMembers(context),
  })
  return app
}
