import { backoff } from '@dailyfeed/concurrency/backoff'
import type { SetOptions } from 'redis'
import type { Expiry } from './redis-client.ts'

/** Options of every connection, to a single server and to each node of a cluster. */
export const CONNECTION = {
  disableOfflineQueue: true,
  // Commands that were not answered yet, per connection; the next one fails at once.
  commandsQueueMaxLength: 10_000,
  commandOptions: { timeout: 1_000 },
  // A live server answers these pings, so that socketTimeout closes only a dead connection.
  pingInterval: 1_000,
  socket: { connectTimeout: 1_000, socketTimeout: 5_000, reconnectStrategy: reconnectDelayOf },
}

/** Milliseconds before the next attempt; `failures` counts from 0. */
export function reconnectDelayOf(failures: number): number {
  return backoff(failures + 1, { first: 50, max: 2_000 })
}

export const expirationOf = (expiry: Expiry): SetOptions => ({
  expiration:
    'seconds' in expiry
      ? { type: 'EX', value: expiry.seconds }
      : { type: 'EXAT', value: expiry.atEpochSeconds },
})

/** Extracts the run id from the answer to `INFO server`. */
export const runIdOf = (info: string): string => /^run_id:(\w+)/m.exec(info)?.[1] ?? ''
