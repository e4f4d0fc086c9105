import { accessSync, chmodSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UNFINISHED } from '@dailyfeed/configuration/durable-file'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { identityOf } from './process-identity.ts'

const isRoot = () => process.getuid?.() === 0
/** Started by root, the database runs as another user, who has to pass through the folder. */
const modeOf = () => (isRoot() ? 0o711 : 0o700)

/**
 * Creates the folder and lets nobody else read it, since it holds secrets, logs and the database.
 * Throws a ConfigurationError that says why the folder cannot be used.
 */
export function prepareDataDirOrThrow(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: modeOf() })
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    restrict(dataDir)
    removeUnfinished(dataDir)
  } catch (error) {
    throw dataDirErrorOf(dataDir, error) ?? error
  }
}

/** The sentence for an error of the disk that DATA_DIR is on; undefined for other errors. */
export function dataDirErrorOf(dataDir: string, error: unknown): ConfigurationError | undefined {
  const { code = '', path = '' } = error as NodeJS.ErrnoException
  const reason = REASONS[code]
  // Errors of writing name no path; those of a port, which may have the same codes, neither.
  if (reason === undefined || !(OF_WRITES.has(code) || path.startsWith(dataDir))) return undefined
  return new ConfigurationError(`DATA_DIR is '${dataDir}', ${reason}`)
}

const OF_WRITES = new Set(['ENOSPC', 'EDQUOT', 'EROFS'])

const ELSEWHERE = 'or set DATA_DIR to another folder'
const REASONS: Record<string, string> = {
  EROFS: `which is on a read-only file system; make it writable, ${ELSEWHERE}`,
  EACCES: `which this user may not write to; change its owner, ${ELSEWHERE}`,
  EPERM: `which this user may not change; change its owner, ${ELSEWHERE}`,
  ENOSPC: `where no space is left on the disk; free some, ${ELSEWHERE}`,
  EDQUOT: `where the disk quota of this user is used up; free some space, ${ELSEWHERE}`,
  ENOTDIR: `which is no folder; set DATA_DIR to a folder`,
  EEXIST: `which is no folder; set DATA_DIR to a folder`,
}

function restrict(dataDir: string): void {
  const { mode, uid } = statSync(dataDir)
  const allowed = modeOf()
  if ((mode & 0o777 & ~allowed) !== 0 && (isRoot() || uid === process.getuid?.()))
    chmodSync(dataDir, mode & allowed)
}

/** Removes files that a killed process was writing. */
function removeUnfinished(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const pid = UNFINISHED.exec(name)?.[1]
    if (pid !== undefined && identityOf(Number(pid)) === undefined)
      rmSync(join(dataDir, name), { force: true })
  }
}
