/** Counted keys. A key that is dropped for newer ones is counted from the beginning. */
const MAX_KEYS = 1_000

/** Counts failed attempts by key. */
export class FailedAttempts {
  readonly #counts = new Map<string, number>()

  /** Counts one more, and returns how many there are. */
  add(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.delete(key)
    this.#counts.set(key, count)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > MAX_KEYS && oldest !== undefined) this.#counts.delete(oldest)
    return count
  }

  delete(key: string): void {
    this.#counts.delete(key)
  }
}
