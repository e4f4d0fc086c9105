import { setTimeout as sleep } from 'node:timers/promises'
import type { DiskReserve } from './disk-reserve.ts'
import { freeBytesOf, megabytes } from './free-space.ts'

/** How writes are refused, and accepted again. Both are safe to repeat. */
export interface WriteSwitch {
  refuse(): Promise<void>
  accept(): Promise<void>
  /** Makes the server reuse the files of its log, so that it needs no new ones. */
  recycle(): Promise<void>
}

interface DiskGuardOptions {
  /** A folder on the disk. */
  folder: string
  reserve: DiskReserve
  writes: WriteSwitch
  /** Writes are refused below this many free bytes. */
  minFree: number
  say: (line: string) => void
  /** Free bytes of the disk; tests replace it. */
  freeBytes?: () => Promise<number>
}

/** Free bytes above the threshold from which writes are accepted again: otherwise each would switch. */
const HYSTERESIS_BYTES = 16_000_000
/** A disk is checked more often the less is free: a burst of writes takes tens of megabytes a second. */
const CHECKS = [
  { below: 4, milliseconds: 25 },
  { below: 40, milliseconds: 200 },
  { below: Number.POSITIVE_INFINITY, milliseconds: 1_000 },
]

/**
 * Refuses writes before the disk is full: PostgreSQL ends when it cannot extend its log, and reads
 * would end with it. Gives the reserve back in portions while writes are refused, since reads need
 * some space, too.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  readonly #stopping = new AbortController()
  #isRefusing = false
  /** False while the switch still has to be set, because the database could not be reached. */
  #isSwitched = false
  #isRecycled = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  get isRefusing(): boolean {
    return this.#isRefusing
  }

  /** Resolves after the first check: writes are refused or accepted by then. */
  async start(): Promise<void> {
    await this.#tryCheck()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Gives space back, if there is too little, to a server that has to start. */
  async makeRoom(): Promise<void> {
    const { minFree, reserve } = this.#options
    while ((await this.#free()) < minFree) if (!(await reserve.giveBack(minFree))) return
  }

  async check(): Promise<void> {
    const free = await this.#free()
    if (this.#isRefusing) await this.#whileRefusing(free)
    else await this.#whileAccepting(free)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const ratio = (await this.#free().catch(() => 0)) / this.#options.minFree
      const { milliseconds = 1_000 } = CHECKS.find(({ below }) => ratio < below) ?? {}
      await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {})
      if (!signal.aborted) await this.#tryCheck()
    }
  }

  async #tryCheck(): Promise<void> {
    try {
      await this.check()
    } catch {
      // The disk or the database does not answer; the next check tries again.
    }
  }

  async #whileAccepting(free: number): Promise<void> {
    const { minFree, folder, writes, reserve, say } = this.#options
    if (free < minFree) {
      this.#isRefusing = true
      this.#isSwitched = false
      say(
        `no space left on the disk of ${folder}: ${megabytes(free)} are free; writes are refused with 503 and reads go on until ${megabytes(await this.#needed())} are free`,
      )
      return this.#whileRefusing(free)
    }
    if (!this.#isSwitched) {
      await writes.accept()
      this.#isSwitched = true
      return
    }
    if (free < 4 * minFree) {
      if (!this.#isRecycled) this.#recycle()
      this.#isRecycled = true
    } else {
      this.#isRecycled = false
      if ((await reserve.missing()) > 0) await reserve.fill()
    }
  }

  async #whileRefusing(free: number): Promise<void> {
    const { minFree, folder, writes, reserve, say } = this.#options
    if (free >= (await this.#needed())) {
      await reserve.fill()
      await writes.accept()
      this.#isRefusing = false
      this.#isSwitched = true
      say(
        `the disk of ${folder} has space again (${megabytes(free)} are free); writes are accepted`,
      )
      return
    }
    if (free < minFree / 2) await reserve.giveBack(minFree - free)
    if (this.#isSwitched) return
    await writes.refuse()
    this.#isSwitched = true
    this.#recycle()
  }

  /** Does not delay the next check: a checkpoint writes for as long as a second, and needs space itself. */
  #recycle(): void {
    this.#options.writes.recycle().catch(() => {
      // The server ends or is busy; it recycles its files by itself, only later.
    })
  }

  async #needed(): Promise<number> {
    const { minFree, reserve } = this.#options
    return minFree + HYSTERESIS_BYTES + (await reserve.missing())
  }

  #free(): Promise<number> {
    const { folder, freeBytes = () => freeBytesOf(folder) } = this.#options
    return freeBytes()
  }
}
