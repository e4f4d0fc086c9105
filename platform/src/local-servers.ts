import { join } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { provideKafka } from './kafka/provide-kafka.ts'
import { startLocalKafka } from './kafka/local-kafka.ts'
import { startLocalOpenSearch } from './opensearch/local-opensearch.ts'
import { provideOpenSearch } from './opensearch/opensearch-distribution.ts'
import { provideRedis, startLocalRedis } from './redis/local-redis.ts'

type Say = (line: string) => void

interface LocalServer {
  /** Value of the setting that names this server. */
  value: string
  stop(): Promise<void>
}

/** How each server starts, by the setting that would name an external one. */
const SERVERS = {
  async REDIS_URL(folder: string, env: NodeJS.ProcessEnv, say: Say): Promise<LocalServer> {
    const program = availableOrThrow(await provideRedis(env, say))
    const { url, stop } = await startLocalRedis(program, join(folder, 'redis'))
    return { value: url, stop }
  },
  async KAFKA_BROKERS(folder: string, env: NodeJS.ProcessEnv, say: Say): Promise<LocalServer> {
    const distribution = availableOrThrow(await provideKafka(env, say))
    const { brokers, stop } = await startLocalKafka({ distribution, folder: join(folder, 'kafka') })
    return { value: brokers, stop }
  },
  async OPENSEARCH_URL(folder: string, env: NodeJS.ProcessEnv, say: Say): Promise<LocalServer> {
    const distribution = availableOrThrow(await provideOpenSearch(env, say))
    const { url, stop } = await startLocalOpenSearch({
      distribution,
      folder: join(folder, 'opensearch'),
    })
    return { value: url, stop }
  },
}

export interface LocalServers {
  environment: Partial<Record<keyof typeof SERVERS, string>>
  stop(): Promise<void>
}

/**
 * Starts the servers of `npm run start:full`: Redis, Kafka and OpenSearch, except those whose address is already set.
 * Throws a ConfigurationError when this machine cannot run one of them.
 */
export async function startLocalServers(
  dataDir: string,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<LocalServers> {
  const names = (Object.keys(SERVERS) as (keyof typeof SERVERS)[]).filter(
    (name) => env[name] === undefined,
  )
  const outcomes = await Promise.allSettled(
    names.map(async (name) => ({ name, ...(await start(name)) })),
  )
  const started = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()))
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { environment: Object.fromEntries(started.map(({ name, value }) => [name, value])), stop }

  async function start(name: keyof typeof SERVERS): Promise<LocalServer> {
    try {
      return await SERVERS[name](dataDir, env, say)
    } catch (error) {
      throw error instanceof ConfigurationError
        ? new ConfigurationError(`${error.message}, or set ${name}`)
        : error
    }
  }
}

function availableOrThrow<Provided extends object>(
  provided: Provided | { reason: string },
): Provided {
  if ('reason' in provided) throw new ConfigurationError(provided.reason)
  return provided
}
