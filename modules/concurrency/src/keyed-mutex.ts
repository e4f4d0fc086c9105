/** Runs tasks of one key one after the other, in the order of their calls; tasks of different keys run in parallel. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>()

  /** The outcome of `task`. A task that fails does not keep the next one of its key from running. */
  run<Value>(key: string, task: () => Promise<Value>): Promise<Value> {
    const outcome = (this.#tails.get(key) ?? Promise.resolve()).then(task)
    const tail = outcome
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key)
      })
    this.#tails.set(key, tail)
    return outcome
  }

  /** Keys with a task that runs or waits. */
  get size(): number {
    return this.#tails.size
  }
}
