import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Matches the name of an unfinished file; the group is the id of the process that writes it. */
export const UNFINISHED = /\.(\d+)\.unfinished$/

/**
 * Writes a small file that its owner alone may read. After a crash or a power cut at any moment it
 * has either the old content or the new one, as a whole.
 */
export function replaceFileDurably(path: string, text: string): void {
  finish(path, text, (unfinished) => renameSync(unfinished, path))
}

/** Creates the file in the same way. Returns false, and changes nothing, if it exists. */
export function createFileDurably(path: string, text: string): boolean {
  try {
    finish(path, text, (unfinished) => linkSync(unfinished, path))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function finish(path: string, text: string, publish: (unfinished: string) => void): void {
  const unfinished = `${path}.${process.pid}.unfinished`
  try {
    // Removed first: `mode` is that of new files only.
    rmSync(unfinished, { force: true })
    writeFileSync(unfinished, text, { mode: 0o600, flush: true })
    publish(unfinished)
  } finally {
    rmSync(unfinished, { force: true })
  }
  syncFolder(dirname(path))
}

/** A new name survives a power cut only after its folder is synced. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
