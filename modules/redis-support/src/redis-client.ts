import { connectToCluster } from './redis-cluster.ts'
import type { RedisScript } from './redis-script.ts'
import { connectToServer } from './redis-server.ts'

/**
 * One Redis, or a cluster of them. Opens by itself, and again after every loss; while it is away, commands fail at once
 * instead of waiting: whoever asks has another way. No command names two keys that a cluster could keep apart.
 */
export interface RedisClient {
  get(key: string): Promise<string | null>
  /** In the order of the keys. */
  getEach(keys: readonly string[]): Promise<(string | null)[]>
  set(key: string, value: string, expiry: Expiry): Promise<void>
  setEach(keys: readonly string[], value: string, expiry: Expiry): Promise<void>
  delete(key: string): Promise<void>
  /** Runs where the key lives, in one go. */
  run(script: RedisScript, key: string, args: readonly (string | number)[]): Promise<unknown>
  publish(channel: string, message: string): Promise<void>
  /** From the first connection on, and by itself after every loss. A connection to a single Redis can do nothing else from then on. */
  subscribe(channel: string, hear: (message: string) => void): void
  /** Of the processes that hold the keys: another answer means that one was started anew, or that another took its place. */
  runIds(): Promise<string[]>
  /** Of one of them. */
  setting(name: string): Promise<string | undefined>
  /** Forgets every key, for tests. */
  clear(): Promise<void>
  /** Whether it is connected or not. */
  close(): Promise<void>
}

export type Expiry = { seconds: number } | { atEpochSeconds: number }

/** `addresses`: one, or those of some nodes of a cluster with commas between. */
export function openRedis(addresses: string): RedisClient {
  const urls = addresses.split(',')
  return urls.length === 1 ? connectToServer(addresses) : connectToCluster(urls)
}
