import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own with little space, which a test fills. */
export interface SmallDisk {
  folder: string
  freeBytes(): number
  /** Leaves this many bytes free, or fewer by up to a block. */
  fillUpTo(free: number): void
  /** Gives back what `fillUpTo` took. */
  empty(): void
  unmount(): void
}

/** Undefined where this user cannot mount a file system. */
export function mountSmallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dailyfeed-disk-'))
  const options = `size=${megabytes}m,mode=755`
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder])
  if (status !== 0) {
    rmSync(folder, { recursive: true })
    return undefined
  }
  const filler = join(folder, 'filler')
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  }
  return {
    folder,
    freeBytes,
    fillUpTo(free) {
      const bytes = Math.max(0, freeBytes() - free)
      try {
        writeFileSync(filler, Buffer.alloc(bytes, 1), { flag: 'a' })
      } catch (error) {
        // Others wrote at the same time.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    empty: () => truncateSync(filler),
    unmount() {
      spawnSync('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}
