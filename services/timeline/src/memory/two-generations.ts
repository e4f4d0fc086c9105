/** A map of bounded size: a full young generation becomes the old one, and what is used again is young again. */
export class TwoGenerations<Key, Value> {
  readonly #limit: number
  readonly #weigh: (value: Value) => number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  #weight = 0

  /** `limit`: what the values of one generation weigh together; without `weigh`, how many they are. */
  constructor(limit: number, weigh: (value: Value) => number = () => 1) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get(key: Key): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const older = this.#old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, value: Value): void {
    const before = this.#young.get(key)
    const weight = this.#weigh(value)
    if (before !== undefined) this.#weight -= this.#weigh(before)
    else if (this.#weight + weight > this.#limit) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    this.#young.set(key, value)
    this.#weight += weight
  }

  delete(key: Key): void {
    const value = this.#young.get(key)
    if (value !== undefined) this.#weight -= this.#weigh(value)
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#weight = 0
  }

  *entries(): IterableIterator<[Key, Value]> {
    yield* this.#young
    yield* this.#old
  }
}
