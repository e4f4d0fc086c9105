import { createClient } from 'redis'

const newClient = (url: string) =>
  createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: 1_000 },
    socket: { connectTimeout: 1_000, reconnectStrategy: (retries) => Math.min(2_000, 50 * 2 ** retries) * (0.5 + Math.random() / 2) },
  })

export type RedisClient = ReturnType<typeof newClient>

/**
 * A connection that opens by itself and again after every loss. While it is away, commands fail at once instead of waiting:
 * whoever asks has another way.
 */
export function openRedis(url: string): RedisClient {
  const client = newClient(url)
  // Whoever uses it hears of it by the command that fails.
  client.on('error', () => {})
  client.connect().catch(() => {})
  return client
}

/** From the first connection on, and by itself after every loss. The connection can do nothing else from then on. */
export function subscribeTo(client: RedisClient, channel: string, hear: (message: string) => void): void {
  client.once('ready', () => void client.subscribe(channel, hear).catch(() => {}))
}

/** Ends it whether it is connected or not. */
export async function closeRedis(client: RedisClient): Promise<void> {
  if (client.isOpen) client.destroy()
}
