import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { freePort } from '../free-port.ts'
import { type PostgresBinaries, postgresBinaries, reachableBinaries } from './binaries.ts'
import { commandOf } from '../process-identity.ts'

interface EmbeddedPostgresOptions {
  /** The cluster's folder; created when missing. */
  folder: string
  ownerPassword: string
  /** Further settings, `name=value`. */
  settings?: string[]
  /** Called when the server ends without being stopped; it is then restarted. */
  onCrash?: (message: string) => void
}

export interface EmbeddedPostgres {
  /** Address of a database of this cluster, with the owner's login by default. */
  urlOf(database: string, login?: { user: string; password: string }): string
  pid: number
  stop(): Promise<void>
}

export const OWNER = 'dailyfeed'

/**
 * No JIT and no parallel workers, since queries take about a millisecond; otherwise the defaults, with `fsync` and
 * `synchronous_commit` on. Passwords of logins are random, so that stretching them would only cost time.
 */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=60',
  'shared_buffers=64MB',
  'jit=off',
  'max_parallel_workers_per_gather=0',
  'io_method=sync',
  'max_wal_size=4GB',
  'checkpoint_timeout=15min',
  'scram_iterations=1',
  'timezone=UTC',
  'log_min_messages=warning',
  'log_timezone=UTC',
]

/** Starts the cluster and creates it on the first run. Stops a server left over from a killed platform first. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const isRoot = process.getuid?.() === 0
  const user = isRoot ? unprivilegedUser() : undefined
  const found = await postgresBinaries()
  const binaries = isRoot ? await reachableBinaries(found) : found
  await stopLeftOver(options.folder)
  if (!existsSync(join(options.folder, 'PG_VERSION'))) await initialise(binaries, options, user)

  const port = await freePort()
  let stopping = false
  let child = await startServer(binaries, options, user, port)
  const supervise = (server: ChildProcess) =>
    server.once('exit', async (code, signal) => {
      if (stopping) return
      options.onCrash?.(`PostgreSQL ended unexpectedly (${signal ?? code}); restarting it`)
      for (let wait = 100; !stopping; wait = Math.min(wait * 2, 5_000)) {
        await sleep(wait)
        const next = await startServer(binaries, options, user, port).catch(() => undefined)
        if (next === undefined) continue
        child = next
        supervise(next)
        return
      }
    })
  supervise(child)
  // A platform that ends at once, by a second signal, leaves no server behind.
  const stopWithProcess = () => void child.kill('SIGINT')
  process.once('exit', stopWithProcess)

  return {
    get pid() {
      return child.pid ?? 0
    },
    urlOf: (database, { user, password } = { user: OWNER, password: options.ownerPassword }) =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`,
    async stop() {
      stopping = true
      process.off('exit', stopWithProcess)
      if (child.exitCode !== null || child.signalCode !== null) return
      // SIGINT is PostgreSQL's fast shutdown: it ends sessions and leaves everything committed on disk.
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}

interface SystemUser {
  uid: number
  gid: number
}

/** PostgreSQL refuses to run as root; the user `nobody` exists on every system. */
function unprivilegedUser(): SystemUser {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function initialise(
  binaries: PostgresBinaries,
  { folder, ownerPassword }: EmbeddedPostgresOptions,
  user: SystemUser | undefined,
): Promise<void> {
  // Created in another folder and renamed when complete, so that a killed start leaves no incomplete cluster.
  const making = `${folder}.making`
  await rm(making, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
  await mkdir(making, { recursive: true, mode: 0o700 })
  const passwordFile = join(making, '..', `.owner-password-${process.pid}`)
  await writeFile(passwordFile, ownerPassword, { mode: 0o600 })
  if (user !== undefined) {
    await chown(making, user.uid, user.gid)
    await chown(passwordFile, user.uid, user.gid)
  }
  try {
    const args = [
      `--pgdata=${making}`,
      `--username=${OWNER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-sync',
      '--set=scram_iterations=1',
    ]
    const initdb = spawn(binaries.initdb, args, {
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    })
    let output = ''
    initdb.stderr.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(initdb, 'exit')
    if (code !== 0)
      throw new Error(
        `PostgreSQL could not create its folder ${folder}: ${output.trim().split('\n').at(-1)}`,
      )
    await rename(making, folder)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

async function startServer(
  binaries: PostgresBinaries,
  { folder, ownerPassword, settings = [] }: EmbeddedPostgresOptions,
  user: SystemUser | undefined,
  port: number,
): Promise<ChildProcess> {
  const log = await open(`${folder}.log`, 'a')
  // In its own process group: Ctrl-C in a terminal must not reach it before the platform has stopped its services.
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      folder,
      '-p',
      String(port),
      ...[...SETTINGS, ...settings].flatMap((setting) => ['-c', setting]),
    ],
    {
      ...user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    },
  )
  await log.close()
  const url = `postgres://${OWNER}:${ownerPassword}@127.0.0.1:${port}/postgres`
  for (let waited = 0; waited < 60_000; waited += 25) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(
        `PostgreSQL did not start; the last line of its log: ${await lastLineOf(`${folder}.log`)}`,
      )
    if (await answers(url)) return child
    await sleep(25)
  }
  child.kill('SIGQUIT')
  throw new Error(`PostgreSQL did not become ready in 60 s; see ${folder}.log`)
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice() {} })
  try {
    await sql`select 1`
    return true
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Stops a server left over from a killed platform: it still holds the folder, which is not in use otherwise. */
async function stopLeftOver(folder: string): Promise<void> {
  const [line = ''] = (
    await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  ).split('\n')
  const pid = Number(line)
  if (!Number.isSafeInteger(pid) || pid <= 1) return
  const isThatServer = () => commandOf(pid)?.includes(folder) ?? false
  if (!isThatServer()) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; isThatServer(); waited += 50) {
    if (waited === 5_000) process.kill(pid, 'SIGQUIT')
    if (waited > 15_000)
      throw new Error(
        `the PostgreSQL left over in ${folder} (process ${pid}) does not stop; stop it by hand`,
      )
    await sleep(50)
  }
}

async function lastLineOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? ''
}
