interface QuotaOptions {
  /** The most that all keys together may hold. */
  total: number
  /** The most that one key may hold. */
  perKey: number
}

export type QuotaOutcome = 'TAKEN' | 'KEY_FULL' | 'FULL'

/**
 * Amounts of something scarce, such as requests, streams or bytes, that are held at this moment: a
 * bound for each key, and one for all of them. Keys that hold nothing take no memory.
 */
export class Quota {
  readonly #total: number
  readonly #perKey: number
  readonly #heldByKey = new Map<string, number>()
  #held = 0

  constructor({ total, perKey }: QuotaOptions) {
    this.#total = total
    this.#perKey = perKey
  }

  /** The amount that all keys hold. */
  get held(): number {
    return this.#held
  }

  /** Whether `key` got `amount`. The caller then owes a `release` of the same amount. */
  tryTake(key: string, amount = 1): QuotaOutcome {
    const held = this.#heldByKey.get(key) ?? 0
    if (held + amount > this.#perKey) return 'KEY_FULL'
    if (this.#held + amount > this.#total) return 'FULL'
    this.#heldByKey.set(key, held + amount)
    this.#held += amount
    return 'TAKEN'
  }

  release(key: string, amount = 1): void {
    const left = (this.#heldByKey.get(key) ?? 0) - amount
    if (left > 0) this.#heldByKey.set(key, left)
    else this.#heldByKey.delete(key)
    this.#held -= amount
  }
}
