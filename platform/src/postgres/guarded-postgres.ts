import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { DiskGuard } from '../disk/disk-guard.ts'
import { DiskReserve } from '../disk/disk-reserve.ts'
import { freeBytesOf, megabytes } from '../disk/free-space.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { clusterWriteSwitch } from './write-switch.ts'

interface GuardedPostgresOptions {
  folder: string
  ownerPassword: string
  say: (line: string) => void
  signal: AbortSignal
}

const RESERVE_BYTES = 32 * 1024 * 1024
/** Space for two more files of the write-ahead log, and for everything else. */
const FREE_SEGMENTS = 2.5
/** The size of such a file in clusters of this release. Those of earlier releases are four times as large. */
const SEGMENT_BYTES = 4 * 1024 * 1024
/** Files of a new cluster, its first log, and the reserve. */
const FIRST_START_BYTES = 100_000_000

/** Starts the embedded server with a guard of its disk. `stop` ends both. */
export async function startGuardedPostgres({
  folder,
  ownerPassword,
  say,
  signal,
}: GuardedPostgresOptions): Promise<EmbeddedPostgres> {
  await checkSpaceOrThrow(folder)
  const disk = dirname(folder)
  let server: EmbeddedPostgres | undefined
  const guard = new DiskGuard({
    folder: disk,
    reserve: new DiskReserve(join(disk, 'disk-reserve'), RESERVE_BYTES),
    writes: clusterWriteSwitch(() => server?.urlOf('postgres')),
    minFree: FREE_SEGMENTS * (await segmentBytesOf(folder)),
    say,
  })
  await guard.makeRoom()
  const started = await startEmbeddedPostgres({
    folder,
    ownerPassword,
    onCrash: say,
    beforeRestart: () => guard.makeRoom(),
    signal,
  })
  server = started
  await guard.start()
  return {
    get pid() {
      return started.pid
    },
    urlOf: started.urlOf,
    async stop() {
      await guard.stop()
      await started.stop()
    },
  }
}

async function checkSpaceOrThrow(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return
  const disk = dirname(folder)
  const free = await freeBytesOf(disk)
  if (free < FIRST_START_BYTES)
    throw new ConfigurationError(
      `the disk of ${disk} has ${megabytes(free)} free, and a first start needs ${megabytes(FIRST_START_BYTES)}; free some space, or set DATA_DIR to another folder`,
    )
}

async function segmentBytesOf(folder: string): Promise<number> {
  const log = join(folder, 'pg_wal')
  const segment = (await readdir(log).catch(() => [])).find((name) => /^[0-9A-F]{24}$/.test(name))
  return segment === undefined ? SEGMENT_BYTES : (await stat(join(log, segment))).size
}
