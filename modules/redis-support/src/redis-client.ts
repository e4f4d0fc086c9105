import type { RedisScript } from './redis-script.ts'

/**
 * One Redis server or a Redis Cluster. The client connects by itself, and reconnects after every
 * loss; while Redis is unreachable commands fail at once instead of queueing, because every caller
 * has another source. No command names two keys, since a cluster may hold them on different nodes.
 */
export interface RedisClient {
  get(key: string): Promise<string | null>
  /** Values in the order of the keys. */
  getEach(keys: readonly string[]): Promise<(string | null)[]>
  set(key: string, value: string, expiry: Expiry): Promise<void>
  setEach(keys: readonly string[], value: string, expiry: Expiry): Promise<void>
  delete(key: string): Promise<void>
  /** Runs the script atomically, on the node that holds the key. */
  run(script: RedisScript, key: string, args: readonly (string | number)[]): Promise<unknown>
  publish(channel: string, message: string): Promise<void>
  /**
   * Subscribes with the first connection and again after every loss. A subscribed connection to a
   * single server accepts no other commands.
   */
  subscribe(channel: string, onMessage: (message: string) => void): void
  /**
   * Run ids of the processes that hold the keys, sorted. Other ids than before mean that a process
   * restarted or was replaced, so that keys may be lost.
   */
  runIds(): Promise<string[]>
  /** A configuration parameter of one of the nodes. */
  setting(name: string): Promise<string | undefined>
  /** Closes the client, whether or not it is connected. */
  close(): Promise<void>
}

/** `seconds` from now, or a point in time in Unix seconds. */
export type Expiry = { seconds: number } | { atEpochSeconds: number }
