import { join } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { provideKafka } from './kafka/kafka-distribution.ts'
import { startLocalKafka } from './kafka/local-kafka.ts'
import { provideRedis, startLocalRedis } from './redis/local-redis.ts'

export interface LocalServers {
  /** What the services are told, as if somebody else ran them. */
  environment: { KAFKA_BROKERS?: string; REDIS_URL?: string }
  stop(): Promise<void>
}

/**
 * `npm run start:full`: the servers that a production has beside PostgreSQL, those left out whose address is set. Throws
 * ConfigurationError where this machine cannot have them.
 */
export async function startLocalServers(dataDir: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<LocalServers> {
  const environment: LocalServers['environment'] = {}
  const undo: (() => Promise<void>)[] = []
  const stop = async () => {
    await Promise.all(undo.splice(0).map((step) => step()))
  }
  try {
    if (env['REDIS_URL'] === undefined) {
      const command = await provideRedis(env, say)
      if (typeof command !== 'string') throw new ConfigurationError(`${command.reason}, or set REDIS_URL`)
      const redis = await startLocalRedis(command, join(dataDir, 'redis'))
      undo.push(redis.stop)
      environment.REDIS_URL = redis.url
    }
    if (env['KAFKA_BROKERS'] === undefined) {
      const distribution = await provideKafka(env, say)
      if ('reason' in distribution) throw new ConfigurationError(`${distribution.reason}, or set KAFKA_BROKERS`)
      const kafka = await startLocalKafka({ distribution, folder: join(dataDir, 'kafka') })
      undo.push(kafka.stop)
      environment.KAFKA_BROKERS = kafka.brokers
    }
    return { environment, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
