import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isReachableByOthers, ROOT_FALLBACK_FOLDER } from './binaries.ts'

interface ClusterFolder {
  folder: string
  /** Said to the person who starts it, where the data does not lie under DATA_DIR. */
  notice: string | undefined
}

/**
 * Where the cluster of this DATA_DIR lies: inside it, or, for root whose folders nobody else may enter, in a folder of
 * its own that DATA_DIR names. Without DATA_DIR that folder means nothing: deleting DATA_DIR begins anew.
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
