import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { ImageConfig } from './config.ts'
import { imageApp } from './image-app.ts'
import { decodingQueue } from './processing/image-processing.ts'
import { FolderImageStore } from './storage/folder-image-store.ts'

interface ImageServiceOptions {
  /** Of the process in which all services run; alone, the service keeps up with them by itself. */
  revocations?: Revocations
}

export async function startImageService(
  config: ImageConfig,
  options: ImageServiceOptions = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'image-svc',
  })
  const revocations = options.revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })
  const context = { sql, store: new FolderImageStore(config.IMAGE_DIR), decoding: decodingQueue() }
  const app = await imageApp({ config, context, verifier })
  return listen({
    name: 'image-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [() => revocations.close(), () => sql.end({ timeout: 5 })],
  })
}
