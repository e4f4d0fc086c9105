import { randomUUID } from 'node:crypto'
import { constants, type Dirent } from 'node:fs'
import { mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type ImageStore, type ImageVariant, isImageId } from './image-store.ts'

const SUFFIXES: Record<ImageVariant, string> = { image: '.webp', thumbnail: '-thumbnail.webp' }
const DEBRIS = '.tmp'

/** Stores files at `ab/cd/abcd….webp` under one folder: 65,536 folders, so that none grows too large to list. */
export class FolderImageStore implements ImageStore {
  readonly #root: string

  constructor(folder: string) {
    this.#root = resolve(folder)
  }

  async put(id: string, variant: ImageVariant, bytes: Buffer): Promise<void> {
    const path = this.#pathOf(id, variant)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const unfinished = `${path}.${randomUUID()}${DEBRIS}`
    try {
      const file = await open(unfinished, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
    // A new name survives a power cut only after its folder is synced: that of the file, and of new folders.
    for (const folder of [dirname(path), dirname(dirname(path)), this.#root])
      await syncFolder(folder)
  }

  async find(id: string, variant: ImageVariant): Promise<Buffer | undefined> {
    try {
      // A symbolic link in the store is not followed, in case an attacker put it there.
      const file = await open(this.#pathOf(id, variant), constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        return await file.readFile()
      } finally {
        await file.close()
      }
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
        return undefined
      throw error
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id, 'image'), { force: true })
    await rm(this.#pathOf(id, 'thumbnail'), { force: true })
  }

  async *idsOlderThan(time: Date): AsyncIterable<string> {
    for await (const { folder, name } of this.#files()) {
      const id = name.slice(0, 32)
      if (
        isImageId(id) &&
        Object.values(SUFFIXES).some((suffix) => name === `${id}${suffix}`) &&
        (await isOlder(join(folder, name), time))
      )
        yield id
    }
  }

  async removeDebrisOlderThan(time: Date): Promise<number> {
    let removed = 0
    for await (const { folder, name } of this.#files()) {
      if (!name.endsWith(DEBRIS) || !(await isOlder(join(folder, name), time))) continue
      await rm(join(folder, name), { force: true })
      removed++
    }
    return removed
  }

  #pathOf(id: string, variant: ImageVariant): string {
    if (!isImageId(id)) throw new TypeError('not an image id')
    return join(this.#root, id.slice(0, 2), id.slice(2, 4), `${id}${SUFFIXES[variant]}`)
  }

  async *#files(): AsyncIterable<{ folder: string; name: string }> {
    for (const first of await foldersIn(this.#root)) {
      for (const second of await foldersIn(join(this.#root, first))) {
        const folder = join(this.#root, first, second)
        for await (const entry of await opendir(folder))
          if (entry.isFile()) yield { folder, name: entry.name }
      }
    }
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException): Dirent[] => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  return entries
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name))
    .map(({ name }) => name)
}

/** False for a file that has been removed since it was listed. */
async function isOlder(path: string, time: Date): Promise<boolean> {
  try {
    return (await stat(path)).mtime < time
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
