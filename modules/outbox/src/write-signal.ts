/**
 * Counts the committed writes of a process in which every service runs; each is counted before it is answered. A cache in
 * the same process compares the count to learn, without a query, that nothing has changed.
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
