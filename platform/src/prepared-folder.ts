import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { identityOf } from './process-identity.ts'

/**
 * Provides a folder of programs. `fill` puts them into another folder and returns the one, in it,
 * that becomes `home` when it is complete and on the disk: two processes may do so at once, and one
 * may be killed, or the machine lose its power, in the middle.
 */
export async function prepareFolder(
  home: string,
  fill: (making: string) => Promise<string>,
): Promise<void> {
  if (existsSync(home)) return
  await removeAbandoned(home)
  const making = `${home}.${process.pid}`
  await mkdir(making, { recursive: true, mode: 0o755 })
  try {
    const made = await fill(making)
    await syncTree(made)
    await rename(made, home).catch((error) => {
      // The first rename wins, and both folders are equal.
      if (!existsSync(home)) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Removes the folders of processes that were killed while they filled them. */
async function removeAbandoned(home: string): Promise<void> {
  const [folder, prefix] = [dirname(home), `${basename(home)}.`]
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN
    if (Number.isSafeInteger(pid) && identityOf(pid) === undefined)
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(path)
    else if (entry.isFile()) await sync(path)
  }
  await sync(folder)
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
