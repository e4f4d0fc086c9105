import { setTimeout as sleep } from 'node:timers/promises'
import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'

interface BackgroundQueueOptions {
  /** When this many tasks wait, further ones are dropped. */
  maxPending: number
  /** Milliseconds between two tasks, in which requests go first. */
  pause: number
}

/** Tasks that no request awaits, one at a time. A task that fails is dropped. */
export class BackgroundQueue {
  readonly #options: BackgroundQueueOptions
  #pending = 0
  #last = Promise.resolve()

  constructor(options: BackgroundQueueOptions) {
    this.#options = options
  }

  add(task: () => Promise<void>): void {
    const { maxPending, pause } = this.#options
    if (this.#pending >= maxPending) return
    this.#pending += 1
    this.#last = this.#last
      .then(() => withoutDeadline(task))
      .catch(() => {})
      .finally(() => {
        this.#pending -= 1
      })
      .then(() => sleep(pause, undefined, { ref: false }))
  }
}
