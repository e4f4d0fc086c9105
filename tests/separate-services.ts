import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  SERVICE_NAMES,
  type ServiceName,
  SERVICES,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import { flagsOfImage } from './node-flags.ts'
import { type OwnDatabase, startOwnDatabase } from './own-database.ts'
import { freePortRange } from './platform-process.ts'

const ROOT = join(import.meta.dirname, '..')

/** A replica of a service: the first, or another beside it. */
interface Replica {
  /** 0 for the first. */
  number?: number
  env?: Record<string, string>
  /** A command that starts another one, which follows it: to put the process into a control group, say. */
  launcher?: readonly string[]
}

export interface SeparateServices {
  /** The gateway's address. */
  url: string
  urlOf(service: ServiceName, replica?: number): string
  database: OwnDatabase
  internalTokenOf(service: ServiceName): string
  start(service: ServiceName, replica?: Replica): Promise<void>
  /** Sends a signal to one that runs, and waits for nothing. */
  signal(service: ServiceName, signal: NodeJS.Signals, replica?: number): void
  /** Ends one with a signal, and waits until it is gone. */
  end(service: ServiceName, signal: NodeJS.Signals, replica?: number): Promise<void>
  isRunning(service: ServiceName, replica?: number): boolean
  pidOf(service: ServiceName, replica?: number): number | undefined
  /** What a process wrote so far, of all that ran as this replica. */
  outputOf(service: ServiceName, replica?: number): string
  stopAll(): Promise<void>
}

interface SeparateServicesOptions {
  services?: readonly ServiceName[]
  /** Beside what every process is told. */
  env?: (service: ServiceName) => Record<string, string>
  /** The database's address as a service gets it, with a proxy between for example. */
  through?: (databaseUrl: string) => string
  database?: OwnDatabase
}

/** Every service in a process of its own, as in production, over one real PostgreSQL. */
export async function startSeparateServices(
  options: SeparateServicesOptions = {},
): Promise<SeparateServices> {
  const {
    services = SERVICE_NAMES,
    env = () => ({}),
    through = (url) => url,
    database = await startOwnDatabase(),
  } = options
  const flags = await flagsOfImage()
  const port = await freePortRange()
  /** Second replicas take ports of their own range. */
  const morePorts = await freePortRange()
  const portOf = (service: ServiceName, replica = 0) =>
    (replica === 0 ? port : morePorts) + SERVICES[service].portOffset
  const urlOf = (service: ServiceName, replica?: number) =>
    `http://127.0.0.1:${portOf(service, replica)}`
  const running = new Map<string, ChildProcess>()
  const outputs = new Map<string, string>()
  const nameOf = (service: ServiceName, replica = 0) => `${service}#${replica}`

  async function start(
    service: ServiceName,
    { number = 0, env: more = {}, launcher = [] }: Replica = {},
  ): Promise<void> {
    const urls = Object.fromEntries(SERVICE_NAMES.map((name) => [urlSettingOf(name), urlOf(name)]))
    const [command = '', ...args] = [
      ...launcher,
      process.execPath,
      ...flags,
      join('services', service, 'src', 'main.ts'),
    ]
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ...urls,
        JWKS_URL: `${urlOf('member')}/.well-known/jwks.json`,
        PORT: String(portOf(service, number)),
        DATA_DIR: database.folder,
        LOG_LEVEL: 'warn',
        RATE_LIMIT: 'off',
        ...(SERVICES[service].hasSchema ? { DATABASE_URL: through(database.urlOf(service)) } : {}),
        ...env(service),
        ...more,
      },
    })
    const name = nameOf(service, number)
    let isListening = false
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        outputs.set(name, `${outputs.get(name) ?? ''}${chunk}`)
        if (String(chunk).includes(' listens on ')) isListening = true
      })
    running.set(name, child)
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (isListening) return
      if (child.exitCode !== null)
        throw new Error(`${service} ended with ${child.exitCode}:\n${outputs.get(name)}`)
      await sleep(50)
    }
    throw new Error(`${service} did not start within 30 s:\n${outputs.get(name)}`)
  }

  async function endByName(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = running.get(name)
    running.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    // One that is paused ends only when it goes on.
    child.kill('SIGCONT')
    await ended
  }

  async function stopAll(): Promise<void> {
    for (const name of [...running.keys()].reverse()) await endByName(name, 'SIGTERM')
    await database.stop()
  }

  try {
    // member-svc first: the others ask it for its key set when the first token comes.
    for (const service of services) await start(service)
  } catch (error) {
    await stopAll()
    throw error
  }
  return {
    url: urlOf('gateway'),
    urlOf,
    database,
    internalTokenOf: (service) => database.secrets.internalTokens[service],
    start,
    signal: (service, signal, replica) => void running.get(nameOf(service, replica))?.kill(signal),
    end: (service, signal, replica) => endByName(nameOf(service, replica), signal),
    isRunning(service, replica) {
      const child = running.get(nameOf(service, replica))
      return child !== undefined && child.exitCode === null && child.signalCode === null
    },
    pidOf: (service, replica) => running.get(nameOf(service, replica))?.pid,
    outputOf: (service, replica) => outputs.get(nameOf(service, replica)) ?? '',
    stopAll,
  }
}
