import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTimeOf } from './process-identity.ts'

interface Holder {
  pid: number
  startTime: string | undefined
}

/** Another running platform uses this folder. */
export class DataDirInUseError extends Error {
  override name = 'DataDirInUseError'
}

export interface DataDirLock {
  release(): Promise<void>
}

/**
 * Allows one platform for each folder. The lock holds the id and the start time of its process, so that a lock left
 * behind by `kill -9` is recognised even when another process has the id by now.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, 'platform.lock')
  const me: Holder = { pid: process.pid, startTime: startTimeOf(process.pid) }
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await writeFile(path, JSON.stringify(me), { flag: 'wx' })
      return { release: () => unlink(path).catch(() => {}) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await readFile(path, 'utf8')
      .then((text) => JSON.parse(text) as Holder)
      .catch(() => undefined)
    if (
      holder !== undefined &&
      holder.startTime !== undefined &&
      startTimeOf(holder.pid) === holder.startTime
    ) {
      throw new DataDirInUseError(
        `the folder ${dataDir} is in use by another dailyfeed (process ${holder.pid}); stop it, or set DATA_DIR to another folder`,
      )
    }
    await unlink(path).catch(() => {})
  }
  throw new DataDirInUseError(
    `the folder ${dataDir} is being taken by another dailyfeed; set DATA_DIR to another folder`,
  )
}
