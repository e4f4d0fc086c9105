import type { SetOptions } from 'redis'
import type { Expiry } from './redis-client.ts'

/** Of every connection, to a single Redis and to each of a cluster. */
export const CONNECTION = {
  disableOfflineQueue: true,
  commandOptions: { timeout: 1_000 },
  // A connection that says nothing, though it is asked every second, is given up: what waits on it fails.
  pingInterval: 1_000,
  socket: { connectTimeout: 1_000, socketTimeout: 5_000, reconnectStrategy: reconnectDelayOf },
}

/** Milliseconds. */
export function reconnectDelayOf(failures: number): number {
  return Math.min(2_000, 50 * 2 ** failures) * (0.5 + Math.random() / 2)
}

export const expirationOf = (expiry: Expiry): SetOptions => ({
  expiration:
    'seconds' in expiry
      ? { type: 'EX', value: expiry.seconds }
      : { type: 'EXAT', value: expiry.atEpochSeconds },
})

/** From what `INFO server` says. */
export const runIdOf = (info: string): string => /^run_id:(\w+)/m.exec(info)?.[1] ?? ''
