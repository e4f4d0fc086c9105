import type { RedisClient } from './redis-client.ts'
import { connectToCluster } from './redis-cluster.ts'
import { connectToServer } from './redis-server.ts'

/** `addresses`: one URL, or URLs of some nodes of a Redis Cluster, separated by commas. */
export function openRedis(addresses: string): RedisClient {
  const urls = addresses.split(',')
  return urls.length === 1 ? connectToServer(addresses) : connectToCluster(urls)
}
