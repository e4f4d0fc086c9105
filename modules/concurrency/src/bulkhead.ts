interface BulkheadOptions {
  /** Tasks that run at once. */
  places: number
  /** Tasks that wait for a place at once; a further one is refused. */
  maxWaiting: number
  /** Milliseconds after which a waiting task is refused. */
  maxWait: number
}

interface QueuedTask {
  start: () => void
  timer: ReturnType<typeof setTimeout>
}

/** No place became free in time, or too many tasks wait already. The task was not started. */
export class BulkheadFullError extends Error {
  override name = 'BulkheadFullError'
}

/** Bounds how many tasks run at once, how many wait, and for how long. Places are given in the order of arrival. */
export class Bulkhead {
  readonly #options: BulkheadOptions
  readonly #waiting = new Set<QueuedTask>()
  #running = 0

  constructor(options: BulkheadOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** The outcome of `task`. Throws a BulkheadFullError if it is refused. */
  async run<Outcome>(task: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#running < this.#options.places) this.#running += 1
    else await this.#placeOrThrow()
    try {
      return await task()
    } finally {
      this.#leave()
    }
  }

  #placeOrThrow(): Promise<void> {
    if (this.#waiting.size >= this.#options.maxWaiting)
      return Promise.reject(new BulkheadFullError('too many tasks wait already'))
    return new Promise((resolve, reject) => {
      const queued: QueuedTask = {
        start: resolve,
        timer: setTimeout(() => {
          this.#waiting.delete(queued)
          reject(new BulkheadFullError(`no place in ${this.#options.maxWait} ms`))
        }, this.#options.maxWait),
      }
      this.#waiting.add(queued)
    })
  }

  /** The place of a finished task goes to the next in line. */
  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running -= 1
      return
    }
    this.#waiting.delete(next)
    clearTimeout(next.timer)
    next.start()
  }
}

/** A bulkhead for each key that has tasks. */
export class KeyedBulkhead<Key> {
  readonly #options: BulkheadOptions
  readonly #bulkheads = new Map<Key, Bulkhead>()

  constructor(options: BulkheadOptions) {
    this.#options = options
  }

  /** Keys with a task that runs or waits. */
  get size(): number {
    return this.#bulkheads.size
  }

  /** The outcome of `task`. Throws a BulkheadFullError if it is refused. */
  async run<Outcome>(key: Key, task: () => Promise<Outcome>): Promise<Outcome> {
    const bulkhead = this.#bulkheads.get(key) ?? new Bulkhead(this.#options)
    this.#bulkheads.set(key, bulkhead)
    try {
      return await bulkhead.run(task)
    } finally {
      if (bulkhead.running === 0) this.#bulkheads.delete(key)
    }
  }
}
