import { setTimeout as sleep } from 'node:timers/promises'
import { createCluster } from 'redis'
import type { RedisClient } from './redis-client.ts'
import { CONNECTION, expirationOf, reconnectDelayOf, runIdOf } from './redis-connection.ts'
import { runScript } from './redis-script.ts'

/**
 * Opens a client of a Redis Cluster. `urls` names some nodes, which announce the others; login and
 * TLS of the first apply to all.
 */
export function connectToCluster(urls: readonly string[]): RedisClient {
  const cluster = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: nodeOptionsOf(urls[0] ?? ''),
  })
  // An unhandled `error` event crashes the process; the failing command reports the error.
  cluster.on('error', () => {})
  let isClosed = false
  const connected = connect()

  /** A connected cluster reconnects its nodes itself, but the first attempt is not retried. */
  async function connect(): Promise<void> {
    for (let failures = 0; !isClosed; failures += 1) {
      try {
        await cluster.connect()
        return
      } catch {
        await sleep(reconnectDelayOf(failures), undefined, { ref: false })
      }
    }
  }

  const masters = () => Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)))

  return {
    get: (key) => cluster.get(key),
    getEach: (keys) => Promise.all(keys.map((key) => cluster.get(key))),
    set: async (key, value, expiry) => void (await cluster.set(key, value, expirationOf(expiry))),
    setEach: async (keys, value, expiry) =>
      void (await Promise.all(keys.map((key) => cluster.set(key, value, expirationOf(expiry))))),
    delete: async (key) => void (await cluster.del(key)),
    run: (script, key, args) => runScript(cluster, script, key, args),
    publish: async (channel, message) => void (await cluster.publish(channel, message)),
    subscribe: (channel, onMessage) =>
      void connected.then(() => cluster.subscribe(channel, onMessage)).catch(() => {}),
    runIds: async () =>
      (await Promise.all((await masters()).map((client) => client.info('server'))))
        .map(runIdOf)
        .toSorted(),
    async setting(name) {
      const [client] = await masters()
      return (await client?.configGet(name))?.[name]
    },
    async close() {
      isClosed = true
      if (cluster.isOpen) cluster.destroy()
    },
  }
}

function nodeOptionsOf(url: string) {
  const { username, password, protocol } = new URL(url)
  return {
    ...CONNECTION,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    socket: { ...CONNECTION.socket, ...(protocol === 'rediss:' ? { tls: true as const } : {}) },
  }
}
