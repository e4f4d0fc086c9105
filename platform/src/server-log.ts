import { chmodSync, copyFileSync, existsSync, rmSync, statSync, truncateSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A log and the older part beside it take at most twice as much. */
const MAX_BYTES = 16 * 1024 * 1024
const CHECK_MILLISECONDS = 10_000

/** Opens the log of a server that runs in a process of its own; its owner alone may read it. */
export async function openServerLog(path: string): Promise<FileHandle> {
  if (existsSync(path)) chmodSync(path, 0o600)
  trimLog(path)
  return open(path, 'a', 0o600)
}

/** Bounds the log while the server writes to it. Returns a function that ends this. */
export function keepLogSmall(path: string): () => void {
  const timer = setInterval(() => trimLog(path), CHECK_MILLISECONDS)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Moves the content of a log that has grown too large to a file beside it, which it replaces. The
 * server keeps its file, opened for appending, and goes on at the beginning. Without space for the
 * copy the content is lost, since a full disk is worse.
 */
export function trimLog(path: string, maxBytes = MAX_BYTES): void {
  try {
    if (statSync(path).size <= maxBytes) return
  } catch {
    return
  }
  try {
    copyFileSync(path, `${path}.old`)
    chmodSync(`${path}.old`, 0o600)
  } catch {
    rmSync(`${path}.old`, { force: true })
  }
  truncateSync(path)
}
