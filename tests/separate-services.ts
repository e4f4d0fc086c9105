import {
  SERVICE_NAMES,
  type ServiceName,
  SERVICES,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import { flagsOfImage } from './node-flags.ts'
import { type OwnDatabase, startOwnDatabase } from './own-database.ts'
import { freePortRange } from './platform-process.ts'
import { type ServiceProcess, startServiceProcess } from './service-process.ts'

interface StartOptions {
  /** The replica of the service: 0 for the first. */
  number?: number
  env?: Record<string, string>
  /** A command and its arguments that run the process, for example in a control group. */
  launcher?: readonly string[] | undefined
}

export interface SeparateServices {
  /** The address of the gateway. */
  url: string
  urlOf(service: ServiceName, replica?: number): string
  database: OwnDatabase
  internalTokenOf(service: ServiceName): string
  start(service: ServiceName, options?: StartOptions): Promise<void>
  /** Sends a signal to a running replica without waiting for its effect. */
  signal(service: ServiceName, signal: NodeJS.Signals, replica?: number): void
  /** Sends a signal to a replica and waits until its process has ended. */
  end(service: ServiceName, signal: NodeJS.Signals, replica?: number): Promise<void>
  isRunning(service: ServiceName, replica?: number): boolean
  pidOf(service: ServiceName, replica?: number): number | undefined
  /** The output of every process that has run as this replica so far. */
  outputOf(service: ServiceName, replica?: number): string
  stopAll(): Promise<void>
}

interface SeparateServicesOptions {
  services?: readonly ServiceName[]
  /** Settings of a service beside those that every process gets. */
  env?: (service: ServiceName) => Record<string, string>
  /** Maps the address of the database to the one that a service gets, for example of a proxy. */
  through?: (databaseUrl: string) => string
  database?: OwnDatabase
}

const replicaName = (service: ServiceName, replica = 0) => `${service}#${replica}`

/** Every service in a separate process, as in production, over one real PostgreSQL. */
export async function startSeparateServices({
  services = SERVICE_NAMES,
  env = () => ({}),
  through = (url) => url,
  database,
}: SeparateServicesOptions = {}): Promise<SeparateServices> {
  const ownDatabase = database ?? (await startOwnDatabase())
  const urlOf = addressesBetween(await freePortRange(), await freePortRange())
  const flags = await flagsOfImage()
  const running = new Map<string, ServiceProcess>()
  const outputs = new Map<string, string>()

  async function start(
    service: ServiceName,
    { number = 0, env: moreEnv = {}, launcher = [] }: StartOptions = {},
  ): Promise<void> {
    const name = replicaName(service, number)
    const ofDatabase = SERVICES[service].hasSchema
      ? { DATABASE_URL: through(ownDatabase.urlOf(service)) }
      : {}
    const started = await startServiceProcess({
      service,
      flags,
      launcher,
      env: {
        ...commonEnv(urlOf, ownDatabase),
        PORT: new URL(urlOf(service, number)).port,
        ...ofDatabase,
        ...env(service),
        ...moreEnv,
      },
      onOutput: (text) => void outputs.set(name, `${outputs.get(name) ?? ''}${text}`),
    })
    running.set(name, started)
  }

  async function stopAll(): Promise<void> {
    for (const started of [...running.values()].reverse()) await started.end('SIGTERM')
    await ownDatabase.stop()
  }

  try {
    for (const service of services) await start(service)
  } catch (error) {
    await stopAll()
    throw error
  }
  const find = (service: ServiceName, replica?: number) =>
    running.get(replicaName(service, replica))
  return {
    url: urlOf('gateway'),
    urlOf,
    database: ownDatabase,
    internalTokenOf: (service) => ownDatabase.secrets.internalTokens[service],
    start,
    signal: (service, signal, replica) => find(service, replica)?.signal(signal),
    end: async (service, signal, replica) => find(service, replica)?.end(signal),
    isRunning: (service, replica) => find(service, replica)?.isRunning() ?? false,
    pidOf: (service, replica) => find(service, replica)?.pid,
    outputOf: (service, replica) => outputs.get(replicaName(service, replica)) ?? '',
    stopAll,
  }
}

/** The first replicas have ports from one range, all further ones from another. */
const addressesBetween =
  (firstPort: number, secondPort: number) =>
  (service: ServiceName, replica = 0): string =>
    `http://127.0.0.1:${(replica === 0 ? firstPort : secondPort) + SERVICES[service].portOffset}`

function commonEnv(
  urlOf: (service: ServiceName) => string,
  database: OwnDatabase,
): Record<string, string | undefined> {
  const urls = SERVICE_NAMES.map((name) => [urlSettingOf(name), urlOf(name)])
  return {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    ...Object.fromEntries(urls),
    JWKS_URL: `${urlOf('member')}/.well-known/jwks.json`,
    DATA_DIR: database.folder,
    LOG_LEVEL: 'warn',
    RATE_LIMIT: 'off',
  }
}
