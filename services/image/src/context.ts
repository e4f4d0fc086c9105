import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Sql } from 'postgres'
import type { ImageStore } from './storage/image-store.ts'
import type { WorkQueue } from './processing/work-queue.ts'

/** What the features of image-svc may use. Created once at start and passed on, never imported as a global. */
export interface ImageContext {
  sql: Sql
  verifier: TokenVerifier
  store: ImageStore
  /** Where every decoding waits for its turn. */
  decoding: WorkQueue
}
