/** Sleeps of one loop that `wake()` or `stop()` end early. */
export class WakeableSleep {
  readonly #sleepers = new Map<() => void, { wakeable: boolean }>()
  #stopped = false
  #wakeups = 0

  /** Number of wake-ups so far. A loop reads it before it polls for work, and passes it to `untilWoken` afterwards. */
  get wakeups(): number {
    return this.#wakeups
  }

  /** Sleeps for `milliseconds`, or until woken. Returns at once when a wake-up came after `seen` was read. */
  untilWoken(milliseconds: number, seen: number): Promise<void> {
    return seen === this.#wakeups ? this.#sleep(milliseconds, true) : Promise.resolve()
  }

  /** Sleeps for `milliseconds`; only `stop()` ends it early. */
  untilStopped(milliseconds: number): Promise<void> {
    return this.#sleep(milliseconds, false)
  }

  wake(): void {
    this.#wakeups += 1
    for (const [done, { wakeable }] of this.#sleepers) if (wakeable) done()
  }

  /** Ends every sleep; every later one returns at once. */
  stop(): void {
    this.#stopped = true
    for (const done of this.#sleepers.keys()) done()
  }

  #sleep(milliseconds: number, wakeable: boolean): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve()
      const done = () => {
        clearTimeout(timer)
        this.#sleepers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      this.#sleepers.set(done, { wakeable })
    })
  }
}
