import { DailyfeedError } from '@dailyfeed/contract/errors'

interface WorkQueueOptions {
  /** The total weight of work that may run at once; heavier work counts as this much, and so runs alone. */
  capacity: number
  /** How many tasks may be queued; further ones are refused. */
  maxQueued: number
}

/** Runs work in the order of its arrival, as much at once as its weight allows. */
export class WorkQueue {
  readonly #capacity: number
  readonly #maxQueued: number
  readonly #queue: { weight: number; start: () => void }[] = []
  #running = 0

  constructor({ capacity, maxQueued }: WorkQueueOptions) {
    this.#capacity = capacity
    this.#maxQueued = maxQueued
  }

  /** The outcome of `work`. Throws SERVICE_UNAVAILABLE when the queue is full. */
  async run<Result>(weight: number, work: () => Promise<Result>): Promise<Result> {
    const share = Math.min(weight, this.#capacity)
    await this.#enqueue(share)
    try {
      return await work()
    } finally {
      this.#running -= share
      this.#startNext()
    }
  }

  #enqueue(weight: number): Promise<void> {
    if (this.#queue.length >= this.#maxQueued)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    return new Promise((start) => {
      this.#queue.push({ weight, start })
      this.#startNext()
    })
  }

  #startNext(): void {
    for (
      let next = this.#queue[0];
      next !== undefined && this.#running + next.weight <= this.#capacity;
      next = this.#queue[0]
    ) {
      this.#queue.shift()
      this.#running += next.weight
      next.start()
    }
  }
}
