import type { Sql } from 'postgres'
import type { ImageStore } from './storage/image-store.ts'
import type { WorkQueue } from './processing/work-queue.ts'

/** What every feature of image-svc may use. Made once at start, passed on, never imported as a global. */
export interface ImageContext {
  sql: Sql
  store: ImageStore
  /** Where every decoding waits for its turn. */
  decoding: WorkQueue
}
