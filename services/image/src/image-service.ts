import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import type { ImageConfig } from './config.ts'
import { imageApp } from './image-app.ts'
import { decodingQueue } from './processing/image-processing.ts'
import { FolderImageStore } from './storage/folder-image-store.ts'

/** The parts that all services share when one process runs them; a service that runs alone has none of them. */
interface ImageServiceOptions {
  revocations?: Revocations
}

export async function startImageService(
  config: ImageConfig,
  { revocations }: ImageServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('image', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const sql = resources.adopt(openConfiguredPool(config, 'image-svc'), closePool)
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const store = new FolderImageStore(config.IMAGE_DIR)
  const app = await imageApp({
    config,
    context: { sql, verifier, store, decoding: decodingQueue() },
    log,
  })
  return await listen({ name: 'image-svc', app, host: config.HOST, port: config.PORT, resources })
}
