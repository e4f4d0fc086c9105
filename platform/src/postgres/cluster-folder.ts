import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { folderIdOf } from '../data-dir-lock.ts'
import { isReachableByOthers, ROOT_FALLBACK_FOLDER } from './binaries.ts'

interface ClusterFolder {
  folder: string
  /** Printed at the start when the data is not under DATA_DIR. */
  notice: string | undefined
}

/**
 * Folder of the database cluster of this DATA_DIR: inside it, or, for root if no other user may enter it, in a separate
 * folder that a file in DATA_DIR names. Deleting DATA_DIR starts with an empty database either way. Throws a
 * ConfigurationError for a copy of a DATA_DIR whose separate folder belongs to the original.
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
    replaceFileDurably(pointer, folder)
  }
  adoptOrThrow(folder, dataDir)
  return {
    folder: join(folder, 'postgres'),
    notice: `PostgreSQL does not run as root and no other user may enter ${dataDir}, so its data is kept in ${folder}`,
  }
}

interface Owner {
  path: string
  id: string
}

/** A separate folder belongs to one DATA_DIR, which may be moved; a copy must not use it as well. */
function adoptOrThrow(folder: string, dataDir: string): void {
  const file = join(folder, 'data-dir.json')
  const me: Owner = { path: dataDir, id: folderIdOf(dataDir) }
  const owner = readOwner(file)
  if (owner !== undefined && owner.path !== me.path && owner.id !== me.id && exists(owner))
    throw new ConfigurationError(
      `DATA_DIR is '${dataDir}', which is a copy of ${owner.path}, and both name the database in ${folder}; delete ${join(dataDir, 'postgres-folder')} to start the copy with an empty database, or delete the original`,
    )
  if (owner?.path !== me.path || owner.id !== me.id) replaceFileDurably(file, JSON.stringify(me))
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

const exists = ({ path, id }: Owner): boolean =>
  statSync(path, { throwIfNoEntry: false }) !== undefined && folderIdOf(path) === id
