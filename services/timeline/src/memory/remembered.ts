import { type Heard, type Mark, Touched } from './heard.ts'
import { TwoGenerations } from './two-generations.ts'

interface RememberedOptions<Value> {
  lifeMilliseconds: number
  /** What the values of one generation weigh together, and there are two; without `weigh`, how many they are. */
  most: number
  weigh?: (value: Value) => number
}

interface Entry<Value> {
  value: Value
  /** When it was begun to be looked up. */
  mark: Mark
  /** Milliseconds of `performance.now()`. */
  expiresAt: number
}

/** What was looked up, by id, for a while: until it is touched. */
export class Remembered<Value> {
  readonly #heard: Heard
  readonly #lifeMilliseconds: number
  readonly #entries: TwoGenerations<number, Entry<Value>>
  readonly #touched: Touched

  constructor(heard: Heard, { lifeMilliseconds, most, weigh = () => 1 }: RememberedOptions<Value>) {
    this.#heard = heard
    this.#lifeMilliseconds = lifeMilliseconds
    this.#entries = new TwoGenerations(most, ({ value }) => weigh(value))
    this.#touched = new Touched(heard)
  }

  /** With the mark at which it was begun to be looked up. `now`: of `performance.now()`. */
  find(id: number, now = performance.now()): Readonly<Entry<Value>> | undefined {
    const entry = this.#entries.get(id)
    return entry === undefined ||
      entry.expiresAt <= now ||
      this.#heard.hasForgottenSince(entry.mark)
      ? undefined
      : entry
  }

  /** Nothing that was touched since `mark`, when it was begun to be looked up. */
  keep(id: number, value: Value, mark: Mark): void {
    if (this.#touched.isTouchedSince(id, mark)) return
    this.#entries.set(id, { value, mark, expiresAt: performance.now() + this.#lifeMilliseconds })
  }

  delete(id: number): void {
    this.#entries.delete(id)
  }

  touch(id: number): void {
    this.delete(id)
    this.#touched.touch(id)
  }

  *values(): IterableIterator<Value> {
    for (const [, { value }] of this.#entries.entries()) yield value
  }
}
