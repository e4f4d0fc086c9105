import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'
import { identityOf, startTimeOf } from './process-identity.ts'
import { whileClaimed } from './start-claim.ts'

interface Holder {
  pid: number
  /** As earlier releases compare it. */
  startTime?: string | undefined
  identity?: string | undefined
  /** The id of the locked folder: a copy of it contains a copy of the lock, which locks nothing. */
  folder?: string
}

/** Another running platform uses this folder. */
export class DataDirInUseError extends Error {
  override name = 'DataDirInUseError'
}

export interface DataDirLock {
  release(): Promise<void>
}

/**
 * Allows one platform for each folder. The lock identifies its process, so that a lock left behind
 * by `kill -9` is recognised even when another process has the id by now.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, 'platform.lock')
  const me: Holder = {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    identity: identityOf(process.pid),
    folder: folderIdOf(dataDir),
  }
  const claimed = await whileClaimed(dataDir, () => {
    const holder = readHolder(path)
    if (holder !== undefined && holds(holder, me)) return holder
    replaceFileDurably(path, JSON.stringify(me))
    return undefined
  })
  if (claimed === undefined)
    throw new DataDirInUseError(
      `the folder ${dataDir} is being taken by another dailyfeed; set DATA_DIR to another folder`,
    )
  if (claimed.outcome !== undefined)
    throw new DataDirInUseError(
      `the folder ${dataDir} is in use by another dailyfeed (process ${claimed.outcome.pid}); stop it, or set DATA_DIR to another folder`,
    )
  return { release: async () => rmSync(path, { force: true }) }
}

/** Survives a move within the file system, and differs between a folder and its copy. */
export function folderIdOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true })
  return `${dev}:${ino}`
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function holds({ pid, startTime, identity, folder }: Holder, me: Holder): boolean {
  if (folder !== undefined && folder !== me.folder) return false
  if (identity !== undefined) return identityOf(pid) === identity
  return startTime !== undefined && startTimeOf(pid) === startTime
}
