import { join } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { keepRunning } from './kept-running.ts'
import { provideKafka } from './kafka/provide-kafka.ts'
import { startLocalKafka } from './kafka/local-kafka.ts'
import { startLocalOpenSearch } from './opensearch/local-opensearch.ts'
import { provideOpenSearch } from './opensearch/opensearch-distribution.ts'
import { provideRedis, startLocalRedis } from './redis/local-redis.ts'
import type { ServerProcess } from './server-process.ts'

type Say = (line: string) => void

interface LocalServer {
  /** Value of the setting that names this server. */
  value: string
  servers: readonly ServerProcess[]
  stop(): Promise<void>
}

/** How each server starts, by the setting that would name an external one. */
const SERVERS = {
  async REDIS_URL(folder: string, env: NodeJS.ProcessEnv, say: Say): Promise<LocalServer> {
    const program = availableOrThrow(await provideRedis(env, say))
    const { url, server, stop } = await startLocalRedis(program, join(folder, 'redis'))
    return { value: url, servers: [server], stop }
  },
  async KAFKA_BROKERS(
    folder: string,
    env: NodeJS.ProcessEnv,
    say: Say,
    signal: AbortSignal,
  ): Promise<LocalServer> {
    const distribution = availableOrThrow(await provideKafka(env, say, signal))
    const { brokers, nodes, stop } = await startLocalKafka({
      distribution,
      folder: join(folder, 'kafka'),
      signal,
    })
    return { value: brokers, servers: nodes, stop }
  },
  async OPENSEARCH_URL(
    folder: string,
    env: NodeJS.ProcessEnv,
    say: Say,
    signal: AbortSignal,
  ): Promise<LocalServer> {
    const distribution = availableOrThrow(await provideOpenSearch(env, say, signal))
    const { url, server, stop } = await startLocalOpenSearch({
      distribution,
      folder: join(folder, 'opensearch'),
      signal,
    })
    return { value: url, servers: [server], stop }
  },
}

const NAMES: Record<keyof typeof SERVERS, string> = {
  REDIS_URL: 'Redis',
  KAFKA_BROKERS: 'Apache Kafka',
  OPENSEARCH_URL: 'OpenSearch',
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
  signal: AbortSignal,
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
  const keepers = started.flatMap(({ name, servers }) =>
    servers.map((server) => keepRunning(NAMES[name], server, say)),
  )
  const stop = async () => {
    await Promise.all(keepers.map((stopKeeping) => stopKeeping()))
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
      return await SERVERS[name](dataDir, env, say, signal)
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
