import type { Log } from './log.ts'

const EVERY_MS = 10_000

/** One line when requests begin to be refused, one with their number every ten seconds, one at the end. */
export class OverloadLog {
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #refused = 0

  constructor(log: Log) {
    this.#log = log
  }

  count(reason: string): void {
    this.#refused += 1
    if (this.#timer !== undefined) return
    this.#log.warn(
      { reason },
      'overloaded: requests are answered 503 with Retry-After until the process keeps up again',
    )
    this.#timer = setInterval(() => this.#report(), EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #report(): void {
    if (this.#refused === 0) {
      this.stop()
      this.#log.info('the overload has ended; every request is admitted again')
      return
    }
    this.#log.warn({ refused: this.#refused, seconds: EVERY_MS / 1_000 }, 'still overloaded')
    this.#refused = 0
  }
}
