import { createClient } from 'redis'
import type { RedisClient } from './redis-client.ts'
import { CONNECTION, expirationOf, runIdOf } from './redis-connection.ts'
import { runScript } from './redis-script.ts'

/** Opens a client of a single server. */
export function connectToServer(url: string): RedisClient {
  const client = createClient({ url, ...CONNECTION })
  // An unhandled `error` event crashes the process; the failing command reports the error.
  client.on('error', () => {})
  client.connect().catch(() => {})
  return {
    get: (key) => client.get(key),
    getEach: (keys) => client.mGet([...keys]),
    set: async (key, value, expiry) => void (await client.set(key, value, expirationOf(expiry))),
    async setEach(keys, value, expiry) {
      const pipeline = client.multi()
      for (const key of keys) pipeline.set(key, value, expirationOf(expiry))
      await pipeline.execAsPipeline()
    },
    delete: async (key) => void (await client.del(key)),
    run: (script, key, args) => runScript(client, script, key, args),
    publish: async (channel, message) => void (await client.publish(channel, message)),
    subscribe(channel, onMessage) {
      const subscribe = () => void client.subscribe(channel, onMessage).catch(() => {})
      if (client.isReady) subscribe()
      else client.once('ready', subscribe)
    },
    runIds: async () => [runIdOf(await client.info('server'))],
    setting: async (name) => (await client.configGet(name))[name],
    async close() {
      if (client.isOpen) client.destroy()
    },
  }
}
