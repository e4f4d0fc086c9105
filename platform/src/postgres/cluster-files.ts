import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '@dailyfeed/configuration/durable-file'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { stopLeftOverServer } from '../left-over-servers.ts'
import type { PostgresBinaries } from './binaries.ts'
import { OWNER } from './owner.ts'
import type { SystemUser } from './system-user.ts'

interface ClusterOptions {
  /** Created when missing. */
  folder: string
  binaries: PostgresBinaries
  user: SystemUser | undefined
  ownerPassword: string
  /** False where no power failure matters. */
  isDurable: boolean
  signal?: AbortSignal | undefined
}

/**
 * Creates the files of the cluster on the first run. Throws a ConfigurationError for a folder that
 * holds something else, or the files of another version.
 */
export async function ensureClusterFiles(options: ClusterOptions): Promise<void> {
  const { folder, binaries } = options
  await rm(passwordFileOf(folder), { force: true })
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined) {
    if (existsSync(folder) && (await readdir(folder)).length > 0)
      throw new ConfigurationError(
        `the folder ${folder} has files in it, but is no database (it has no PG_VERSION); restore it from a backup, or move it away to start with an empty database`,
      )
    await initialise(options)
    return
  }
  const [wanted] = binaries.version.split('.')
  if (version.trim() !== wanted)
    throw new ConfigurationError(
      `the database in ${folder} was created by PostgreSQL ${version.trim()}, and this release contains PostgreSQL ${wanted}; start it with the release that created it and copy the data with pg_dump, or move the folder away to start with an empty database`,
    )
}

const passwordFileOf = (folder: string) => `${folder}.owner-password`

/** Created in another folder and renamed when complete, so that a killed start leaves no incomplete cluster. */
async function initialise(options: ClusterOptions): Promise<void> {
  const { folder, user, ownerPassword, isDurable } = options
  const making = `${folder}.making`
  // A start that was killed may have left the programs that fill the folder.
  for (const program of ['initdb', 'postgres'])
    await stopLeftOverServer({ folder: making, program, signal: 'SIGKILL', pidFile: '' })
  await rm(making, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
  await mkdir(making, { recursive: true, mode: 0o700 })
  const passwordFile = passwordFileOf(folder)
  await writeFile(passwordFile, ownerPassword, { mode: 0o600 })
  if (user !== undefined) {
    await chown(making, user.uid, user.gid)
    await chown(passwordFile, user.uid, user.gid)
  }
  try {
    await runInitdb(options, making, passwordFile)
    await rename(making, folder)
    if (isDurable) syncFolder(dirname(folder))
  } finally {
    await rm(passwordFile, { force: true })
  }
}

async function runInitdb(
  { folder, binaries, user, isDurable, signal }: ClusterOptions,
  making: string,
  passwordFile: string,
): Promise<void> {
  const args = [
    `--pgdata=${making}`,
    `--username=${OWNER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    // In MB. On a disk that fills up, less space is needed for the next segment.
    '--wal-segsize=4',
    '--set=scram_iterations=1',
    // Like those of the command line, so that a reload does not complain about a difference.
    '--set=max_connections=60',
    '--set=shared_buffers=64MB',
    ...(isDurable ? [] : ['--no-sync']),
  ]
  const initdb = spawn(binaries.initdb, args, {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: making,
    // In its own process group, which ends as a whole.
    detached: true,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  })
  const killGroup = () => process.kill(-(initdb.pid ?? 0), 'SIGKILL')
  signal?.addEventListener('abort', killGroup)
  let output = ''
  initdb.stderr.on('data', (chunk) => {
    output = (output + chunk).slice(-MAX_OUTPUT)
  })
  const [code] = await once(initdb, 'close')
  signal?.removeEventListener('abort', killGroup)
  signal?.throwIfAborted()
  if (code === 0) return
  if (/No space left on device/.test(output))
    throw new ConfigurationError(
      `PostgreSQL could not create its folder ${folder}: no space is left on the disk; it needs about 60 MB`,
    )
  throw new Error(
    `PostgreSQL could not create its folder ${folder}: ${output.trim().split('\n').at(-1)}`,
  )
}

/** Characters of the end of initdb's output. */
const MAX_OUTPUT = 4_000
