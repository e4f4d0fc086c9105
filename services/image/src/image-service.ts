import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { databaseDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
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
  await using startWait = new StartWait({ service: 'image', config, log })
  await startWait.until(databaseNeed(sql, 'image'))
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const store = new FolderImageStore(config.IMAGE_DIR)
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const app = await imageApp({
    config,
    context: { sql, verifier, store, decoding: decodingQueue(), redis },
    log,
  })
  registerServiceCalls(app, [verifier.keySetClient])
  return await listen({
    name: 'image-svc',
    app,
    config,
    dependencies: [databaseDependency(sql), verifier.keySet],
    resources,
    startWait,
  })
}
