import { statfs } from 'node:fs/promises'

/** Bytes that a user without privileges may still write on the file system of a folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`
