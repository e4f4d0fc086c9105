/** Retries that may be made before any call has paid for one: a caller that has only just started may repeat its first calls. */
const RESERVE = 10

/**
 * Bounds retries to a share of all calls: each call pays a part of a retry into the budget, and each retry takes one. While
 * a service is down its callers then send a tenth more than usual, and not several times as much.
 */
export class RetryBudget {
  readonly #perCall: number
  #balance: number

  constructor(percent: number) {
    this.#perCall = percent / 100
    this.#balance = percent === 0 ? 0 : RESERVE
  }

  recordCall(): void {
    this.#balance = Math.min(RESERVE, this.#balance + this.#perCall)
  }

  /** Returns whether a retry may be made. */
  takeRetry(): boolean {
    if (this.#balance < 1) return false
    this.#balance -= 1
    return true
  }
}
