import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { SERVICE_NAMES, type ServiceName, SERVICES } from '@dailyfeed/contract/services'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { WriteSignal } from '@dailyfeed/outbox/write-signal'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import type { PlatformConfig } from './config.ts'
import { startDatabase } from './database.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { checkPortsFreeOrThrow } from './ports-in-use.ts'
import { announce } from './running-file.ts'
import { environmentOf, urlOf } from './service-environment.ts'

export interface Platform {
  url: string
  /** The owner's address of the database: for demo data and for looking in from outside. */
  ownerUrl: string
  stop(): Promise<void>
}

interface PlatformOptions {
  config: PlatformConfig
  env: NodeJS.ProcessEnv
  /** With Apache Kafka, Redis and OpenSearch of its own, each in a process beside. */
  isFull: boolean
  say: (line: string) => void
}

/** Everything in one process: PostgreSQL, migrations, each service on its own port, the gateway last. */
export async function startPlatform({
  config,
  env,
  isFull,
  say,
}: PlatformOptions): Promise<Platform> {
  const lock = await lockDataDir(config.DATA_DIR)
  const undo: (() => Promise<unknown>)[] = [() => lock.release()]
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  const startServersBeside = async () => {
    const { startLocalServers } = await import('./local-servers.ts')
    const servers = await startLocalServers(config.DATA_DIR, env, say)
    undo.push(() => servers.stop())
    return servers.environment
  }
  try {
    await checkPortsFreeOrThrow(config.HOST, config.PORT)
    // The services' code is read while PostgreSQL starts.
    const loading = import('./services.ts')
    loading.catch(() => {})
    const secrets = developmentSecretsOf(config.DATA_DIR)
    const database = await startDatabase(config, secrets, say)
    undo.push(() => database.stop())
    const servicesEnv = isFull ? { ...env, ...(await startServersBeside()) } : env

    const { starters } = await loading
    const [revocations, writes] = [new InProcessRevocations(), new WriteSignal()]
    const start = async (service: ServiceName): Promise<RunningService> => {
      const running = await starters[service](
        environmentOf(service, config, database, servicesEnv),
        { revocations, writes },
      )
      undo.push(() => running.close())
      return running
    }
    const { gateway, ...others } = starters
    await Promise.all((Object.keys(others) as ServiceName[]).map(start))
    await start('gateway')
    const urls = Object.fromEntries(
      SERVICE_NAMES.map((name) => [name, urlOf(config, SERVICES[name].portOffset)]),
    )
    undo.push(
      await announce(config.DATA_DIR, { url: urlOf(config), ownerUrl: database.ownerUrl, urls }),
    )
    return { url: urlOf(config), ownerUrl: database.ownerUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
