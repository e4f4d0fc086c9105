import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PORT_OFFSETS, type ServiceName } from '@dailyfeed/code/ports'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { startEmbeddedPostgres } from '@dailyfeed/platform/postgres/embedded-postgres'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles, roleOf } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'
import { freePortRange } from './platform-process.ts'

const ROOT = join(import.meta.dirname, '..')

export interface SeparateServices {
  /** The gateway's address. */
  url: string
  urlOf(service: ServiceName): string
  ownerUrl: string
  internalTokenOf(service: ServiceName): string
  start(service: ServiceName): Promise<void>
  /** Ends one with a signal, and waits until it is gone. */
  end(service: ServiceName, signal: NodeJS.Signals): Promise<void>
  stopAll(): Promise<void>
}

/** Every service in a process of its own, as in production, over one real PostgreSQL. */
export async function startSeparateServices(): Promise<SeparateServices> {
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-separate-'))
  await chmod(folder, 0o755)
  const secrets = developmentSecretsOf(folder)
  const database = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), ownerPassword: secrets.databasePasswords.owner })
  const admin = postgres(database.urlOf('postgres'), { max: 1, onnotice() {} })
  await admin.unsafe('create database dailyfeed')
  await admin.end()
  const ownerUrl = database.urlOf('dailyfeed')
  const { owner: _owner, gateway: _gateway, ...passwords } = secrets.databasePasswords
  await ensureRoles(ownerUrl, passwords)
  await migrate(ownerUrl, SCHEMAS)

  const port = await freePortRange()
  const urlOf = (service: ServiceName) => `http://127.0.0.1:${port + PORT_OFFSETS[service]}`
  const running = new Map<ServiceName, ChildProcess>()

  async function start(service: ServiceName): Promise<void> {
    const urls = Object.fromEntries((Object.keys(PORT_OFFSETS) as ServiceName[]).map((name) => [`${name.toUpperCase()}_URL`, urlOf(name)]))
    const child = spawn(process.execPath, [join('services', service, 'src', 'main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ...urls,
        JWKS_URL: `${urlOf('member')}/.well-known/jwks.json`,
        PORT: String(port + PORT_OFFSETS[service]),
        DATA_DIR: folder,
        LOG_LEVEL: 'warn',
        RATE_LIMIT: 'off',
        ...(service === 'gateway'
          ? {}
          : { DATABASE_URL: database.urlOf('dailyfeed', { user: roleOf(service), password: secrets.databasePasswords[service] }) }),
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    running.set(service, child)
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (output.includes(' listens on ')) return
      if (child.exitCode !== null) throw new Error(`${service} ended with ${child.exitCode}:\n${output}`)
      await sleep(50)
    }
    throw new Error(`${service} did not start within 30 s:\n${output}`)
  }

  async function end(service: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = running.get(service)
    running.delete(service)
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  // member-svc first: the others ask it for its key set when the first token comes.
  for (const service of ['member', 'content', 'timeline', 'activity', 'search', 'image', 'batch', 'gateway'] as const) await start(service)
  return {
    url: urlOf('gateway'),
    urlOf,
    ownerUrl,
    internalTokenOf: (service) => secrets.internalTokens[service],
    start,
    end,
    async stopAll() {
      for (const service of [...running.keys()].reverse()) await end(service, 'SIGTERM')
      await database.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
