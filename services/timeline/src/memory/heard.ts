import { TwoGenerations } from './two-generations.ts'

/** More are not touched while one look-up runs. */
const REMEMBERED = 50_000

/** A place in what this process has heard of: it rises with every act. */
export type Mark = number

/** What this process has heard of: a look-up that began at one mark has not seen for sure what was touched after it. */
export class Heard {
  #mark: Mark = 1
  #forgottenAt: Mark = 0

  get mark(): Mark {
    return this.#mark
  }

  next(): void {
    this.#mark += 1
  }

  /** Anything may have been touched. */
  forget(): void {
    this.next()
    this.#forgottenAt = this.#mark
  }

  hasForgottenSince(mark: Mark): boolean {
    return this.#forgottenAt > mark
  }
}

/** When each thing of one kind was touched last. */
export class Touched {
  readonly #heard: Heard
  readonly #marks = new TwoGenerations<number, Mark>(REMEMBERED)
  #last: Mark = 0

  constructor(heard: Heard) {
    this.#heard = heard
  }

  touch(id: number): void {
    this.#last = this.#heard.mark
    this.#marks.set(id, this.#last)
  }

  isTouchedSince(id: number, mark: Mark): boolean {
    return (
      this.#heard.hasForgottenSince(mark) ||
      (this.#last > mark && (this.#marks.get(id) ?? 0) > mark)
    )
  }
}
