import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import postgres from 'postgres'
import { stopLeftOverServer } from '../left-over-servers.ts'
import { identityOf } from '../process-identity.ts'
import { keepLogSmall, openServerLog } from '../server-log.ts'
import type { PostgresBinaries } from './binaries.ts'
import { OWNER } from './owner.ts'
import { SERVER_SETTINGS } from './server-settings.ts'
import type { SystemUser } from './system-user.ts'

interface PostmasterOptions {
  binaries: PostgresBinaries
  user: SystemUser | undefined
  folder: string
  ownerPassword: string
  port: number
  /** Further settings, `name=value`. */
  settings: readonly string[]
  signal?: AbortSignal | undefined
}

const READY_MILLISECONDS = 60_000
/** While it replays its log after a crash, on a slow disk. */
const RECOVERY_MILLISECONDS = 600_000

const logOf = (folder: string) => `${folder}.log`
const pidFileOf = (folder: string) => `${folder}.pid`

/**
 * Stops a server left over from a killed platform: it still holds the folder, which is not in use
 * otherwise. A postmaster.pid that remains belongs to a server that is gone, or to the original of a
 * copied folder; PostgreSQL would refuse to start if another process had its id.
 */
export async function stopLeftOverPostmaster(folder: string): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown: it ends sessions and leaves everything committed on disk.
  await stopLeftOverServer({
    folder,
    program: 'postgres',
    signal: 'SIGINT',
    pidFile: pidFileOf(folder),
  })
  await rm(join(folder, 'postmaster.pid'), { force: true })
}

/** Starts the server and resolves when it accepts connections. Throws if it ends before that. */
export async function startPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const { binaries, user, folder, port, settings } = options
  const log = await openServerLog(logOf(folder))
  const { size: logStart } = await log.stat()
  // In its own process group: Ctrl-C in a terminal must not reach it before the platform has stopped its services.
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      folder,
      '-p',
      String(port),
      ...[...SERVER_SETTINGS, ...settings].flatMap((setting) => ['-c', setting]),
    ],
    {
      ...user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    },
  )
  child.once('exit', keepLogSmall(logOf(folder)))
  await log.close()
  if (child.pid !== undefined)
    replaceFileDurably(pidFileOf(folder), `${child.pid}\n${identityOf(child.pid)}\n`)
  try {
    await untilReady(options, child, logStart)
  } catch (error) {
    await stopPostmaster(child, 'SIGQUIT')
    throw error
  }
  return child
}

/** Ends the server and waits for it: with SIGINT in good order, with SIGQUIT at once. */
export async function stopPostmaster(
  child: ChildProcess,
  signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT',
): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function untilReady(
  { folder, ownerPassword, port, signal }: PostmasterOptions,
  child: ChildProcess,
  logStart: number,
): Promise<void> {
  const url = `postgres://${OWNER}:${ownerPassword}@127.0.0.1:${port}/postgres`
  let spawnError: Error | undefined
  child.once('error', (error) => {
    spawnError = error
  })
  const startedAt = performance.now()
  for (;;) {
    signal?.throwIfAborted()
    if (spawnError !== undefined) throw spawnError
    if (child.exitCode !== null || child.signalCode !== null)
      throw endedBeforeReady(folder, await logSince(folder, logStart))
    const answer = await tryConnect(url)
    if (answer === 'READY') return
    if (answer === 'WRONG_PASSWORD')
      throw new ConfigurationError(
        `the database in ${folder} was created with other secrets than those of secrets.json; restore that file from a backup, or move both away to start with an empty database`,
      )
    const waited = performance.now() - startedAt
    if (waited > (answer === 'STARTING' ? RECOVERY_MILLISECONDS : READY_MILLISECONDS))
      throw new Error(
        `PostgreSQL did not become ready in ${Math.round(waited / 1_000)} s; see ${logOf(folder)}`,
      )
    await sleep(25)
  }
}

type Answer = 'READY' | 'STARTING' | 'WRONG_PASSWORD' | 'NONE'

async function tryConnect(url: string): Promise<Answer> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice() {} })
  try {
    await sql`select 1`
    return 'READY'
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) return 'NONE'
    if (error.code === '28P01') return 'WRONG_PASSWORD'
    return error.code === '57P03' ? 'STARTING' : 'NONE'
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function endedBeforeReady(folder: string, log: string): Error {
  if (/No space left on device/.test(log)) return new NoSpaceError(folder)
  const line = log.trim().split('\n').at(-1) ?? ''
  return new Error(`PostgreSQL did not start; the last line of its log: ${line}`)
}

/** PostgreSQL cannot start, since the disk is full. */
export class NoSpaceError extends ConfigurationError {
  override name = 'NoSpaceError'

  constructor(folder: string) {
    super(
      `PostgreSQL cannot start: no space is left on the disk of ${folder}; free some, or set DATA_DIR to another folder`,
    )
  }
}

async function logSince(folder: string, start: number): Promise<string> {
  const log = await readFile(logOf(folder)).catch(() => Buffer.alloc(0))
  // It is shorter than before if it was trimmed in the meantime.
  return log.subarray(log.length < start ? 0 : start).toString()
}
