import { DailyfeedError } from '@dailyfeed/contract/errors'

interface WorkQueueOptions {
  /** Weight that may be under way at once; heavier work counts as this much, and so runs alone. */
  capacity: number
  /** Work that may wait for its turn; more is 503. */
  maxWaiting: number
}

/** Lets work through in the order of its arrival, as much at once as its weight allows. */
export class WorkQueue {
  readonly #capacity: number
  readonly #maxWaiting: number
  readonly #waiting: { weight: number; start: () => void }[] = []
  #underWay = 0

  constructor({ capacity, maxWaiting }: WorkQueueOptions) {
    this.#capacity = capacity
    this.#maxWaiting = maxWaiting
  }

  /** Throws SERVICE_UNAVAILABLE when too much waits already. */
  async run<Result>(weight: number, work: () => Promise<Result>): Promise<Result> {
    const share = Math.min(weight, this.#capacity)
    await this.#turnOf(share)
    try {
      return await work()
    } finally {
      this.#underWay -= share
      this.#admit()
    }
  }

  #turnOf(weight: number): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    return new Promise((start) => {
      this.#waiting.push({ weight, start })
      this.#admit()
    })
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#underWay + next.weight <= this.#capacity;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#underWay += next.weight
      next.start()
    }
  }
}
