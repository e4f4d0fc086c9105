/**
 * Of one process in which every service runs: rises with each committed write, before it is answered. Whoever remembers
 * what was read knows by it, without asking, that nothing has changed.
 */
export class WriteSignal {
  #count = 0

  get count(): number {
    return this.#count
  }

  increment(): void {
    this.#count += 1
  }
}
