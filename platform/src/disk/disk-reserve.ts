import { randomBytes } from 'node:crypto'
import { open, rm, stat, truncate } from 'node:fs/promises'

const CHUNK_BYTES = 4 * 1024 * 1024

/**
 * A file that takes space which nobody uses, so that there is some to give back when the disk is
 * full. Its bytes are random: a file system would compress others.
 */
export class DiskReserve {
  readonly #path: string
  readonly #bytes: number

  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
  }

  /** Bytes that can be given back. */
  async held(): Promise<number> {
    return (await stat(this.#path).catch(() => undefined))?.size ?? 0
  }

  async missing(): Promise<number> {
    return Math.max(0, this.#bytes - (await this.held()))
  }

  /** Completes the file. Keeps as much as there is space for. */
  async fill(): Promise<void> {
    const file = await open(this.#path, 'a', 0o600)
    try {
      for (let missing = await this.missing(); missing > 0; missing -= CHUNK_BYTES)
        await file.write(randomBytes(Math.min(missing, CHUNK_BYTES)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      await file.close()
    }
  }

  /** Returns false when nothing is left. */
  async giveBack(bytes: number): Promise<boolean> {
    const held = await this.held()
    if (held === 0) return false
    if (held <= bytes) await rm(this.#path, { force: true })
    else await truncate(this.#path, held - bytes)
    return true
  }
}
