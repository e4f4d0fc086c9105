import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'

/** Short, so that an instance soon uses a key that another one has created or retired. */
export const CACHE_MILLISECONDS = 2_000

/** Caches one value that is loaded from the database. */
export interface ShortCache<Value> {
  /** Simultaneous calls share one load, and a load that fails is not cached. */
  get(): Promise<Value>
  invalidate(): void
}

export function createShortCache<Value>(load: () => Promise<Value>): ShortCache<Value> {
  let cached: { value: Promise<Value>; until: number } | undefined
  return {
    get() {
      if (cached === undefined || cached.until < performance.now()) {
        const value = withoutDeadline(load)
        cached = { value, until: performance.now() + CACHE_MILLISECONDS }
        value.catch(() => {
          cached = undefined
        })
      }
      return cached.value
    },
    invalidate() {
      cached = undefined
    },
  }
}
