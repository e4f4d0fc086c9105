interface BatchSizeOptions {
  max: number
  /** Items of the batch after the first of several failures. Default: half of the one that failed. */
  afterFailure?: number
}

/** A batch that takes longer is followed by one of half its size, down to `SLOW_MIN`. */
const SLOW_MILLISECONDS = 2_000
/** Smaller batches would take the same time where everything is slow, and do less in it. */
const SLOW_MIN = 20
/** A batch that takes less is followed by one of twice its size. */
const QUICK_MILLISECONDS = 1_000

/**
 * How many items the next batch may have. It shrinks to a single item while batches fail or take long, so that the same
 * batch is not tried for ever, and grows back while they succeed.
 */
export class BatchSize {
  readonly #max: number
  readonly #afterFailure: number
  #current: number

  constructor({ max, afterFailure = max }: BatchSizeOptions) {
    this.#max = max
    this.#afterFailure = afterFailure
    this.#current = max
  }

  get current(): number {
    return this.#current
  }

  /** A batch of `items` succeeded within so many milliseconds. */
  succeeded(items: number, milliseconds: number): void {
    if (milliseconds > SLOW_MILLISECONDS) {
      const half = Math.max(SLOW_MIN, halfOf(items))
      this.#current = Math.min(this.#current, half)
    } else if (milliseconds < QUICK_MILLISECONDS)
      this.#current = Math.min(this.#max, this.#current * 2)
  }

  /** A batch of `items` failed. */
  failed(items: number): void {
    const half = halfOf(Math.min(items, this.#current))
    this.#current = this.#current === this.#max ? Math.min(half, this.#afterFailure) : half
  }
}

const halfOf = (items: number): number => Math.max(1, Math.floor(items / 2))
