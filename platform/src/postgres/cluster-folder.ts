import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isReachableByOthers, ROOT_FALLBACK_FOLDER } from './binaries.ts'

interface ClusterFolder {
  folder: string
  /** Printed at the start when the data is not under DATA_DIR. */
  notice: string | undefined
}

/**
 * Folder of the database cluster of this DATA_DIR: inside it, or, for root if no other user may enter it, in a separate
 * folder that a file in DATA_DIR names. Deleting DATA_DIR starts with an empty database either way.
 */
export async function clusterFolderOf(dataDir: string): Promise<ClusterFolder> {
  const inside = join(dataDir, 'postgres')
  const isRoot = process.getuid?.() === 0
  if (!isRoot || existsSync(inside) || (await isReachableByOthers(inside)))
    return { folder: inside, notice: undefined }
  const pointer = join(dataDir, 'postgres-folder')
  let folder = (await readFile(pointer, 'utf8').catch(() => '')).trim()
  if (folder === '' || !existsSync(folder)) {
    folder = join(ROOT_FALLBACK_FOLDER, `cluster-${randomBytes(6).toString('hex')}`)
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await writeFile(pointer, folder)
  }
  return {
    folder: join(folder, 'postgres'),
    notice: `PostgreSQL does not run as root and no other user may enter ${dataDir}, so its data is kept in ${folder}`,
  }
}
