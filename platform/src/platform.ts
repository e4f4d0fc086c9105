import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import {
  SERVICE_NAMES,
  type ServiceName,
  SERVICES,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import type { ServicesInProcess } from '@dailyfeed/gateway/upstreams'
import { WriteSignal } from '@dailyfeed/outbox/write-signal'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import type { PlatformConfig } from './config.ts'
import { startDatabase } from './database.ts'
import { prepareDataDirOrThrow } from './data-dir.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { checkPortsFreeOrThrow } from './ports-in-use.ts'
import { removeRunningFile, writeRunningFile } from './running-file.ts'
import { environmentOf, urlOf } from './service-environment.ts'

export interface Platform {
  url: string
  /** The owner's database address, for demo data and for the command line. */
  ownerUrl: string
  /** Milliseconds that the services should take at most to stop. */
  closesWithin: number
  stop(): Promise<void>
}

interface PlatformOptions {
  config: PlatformConfig
  env: NodeJS.ProcessEnv
  /** Also starts Apache Kafka, Redis and OpenSearch, each in a process of its own. */
  isFull: boolean
  say: (line: string) => void
  /** Ends a start that has not been completed: it is rejected once everything has been stopped. */
  signal: AbortSignal
}

/** Starts PostgreSQL, runs the migrations, then starts every service in this process, the gateway last. */
export async function startPlatform({
  config,
  env,
  isFull,
  say,
  signal,
}: PlatformOptions): Promise<Platform> {
  await using resources = new AsyncDisposableStack()
  prepareDataDirOrThrow(config.DATA_DIR)
  resources.adopt(await lockDataDir(config.DATA_DIR), (lock) => lock.release())
  removeRunningFile(config.DATA_DIR)
  await checkPortsFreeOrThrow(config.HOST, config.PORT)
  // The code of the services is loaded while PostgreSQL starts.
  const loading = import('./services.ts')
  loading.catch(() => {})
  const database = resources.adopt(
    await startDatabase(config, developmentSecretsOf(config.DATA_DIR), say, signal),
    (it) => it.stop(),
  )
  signal.throwIfAborted()
  const servicesEnv = isFull ? { ...env, ...(await startServersBeside()) } : env

  const { starters } = await loading
  signal.throwIfAborted()
  const inProcess: ServicesInProcess = {}
  const shared = { revocations: new InProcessRevocations(), writes: new WriteSignal(), inProcess }
  await Promise.all(SERVICE_NAMES.filter((name) => name !== 'gateway').map(start))
  const gateway = await start('gateway')
  await gateway.untilReady()
  const installation = {
    url: urlOf(config),
    ownerUrl: database.ownerUrl,
    urls: Object.fromEntries(
      SERVICE_NAMES.map((name) => [name, urlOf(config, SERVICES[name].portOffset)]),
    ),
  }
  writeRunningFile(config.DATA_DIR, installation)
  resources.defer(() => removeRunningFile(config.DATA_DIR))
  signal.throwIfAborted()
  const running = resources.move()
  return {
    url: installation.url,
    ownerUrl: database.ownerUrl,
    closesWithin: gateway.closesWithin,
    stop: () => running.disposeAsync(),
  }

  async function start(service: ServiceName): Promise<RunningService> {
    const environment = environmentOf(service, config, database, servicesEnv)
    const running = await starters[service](environment, shared)
    resources.adopt(running, (it) => it.close())
    // An address in the environment is another server in place of this one.
    if (service !== 'gateway' && servicesEnv[urlSettingOf(service)] === undefined)
      inProcess[service] = running.handler
    return running
  }

  async function startServersBeside() {
    const { startLocalServers } = await import('./local-servers.ts')
    const servers = await startLocalServers(config.DATA_DIR, env, say, signal)
    resources.defer(() => servers.stop())
    signal.throwIfAborted()
    return servers.environment
  }
}
