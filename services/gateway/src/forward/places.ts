interface PlacesOptions {
  /** Requests that may be at the upstream at once. */
  count: number
  /** Requests that may wait for a place. */
  maxWaiting: number
  maxWaitMilliseconds: number
}

/** A request that wants a place. Exactly one of the two is called, unless it withdraws before. */
export interface Entrant {
  begin(): void
  refuse(): void
}

/**
 * Places at one upstream. Requests beyond them wait in the order of their arrival, for a limited
 * time and in a limited number, so that an upstream that has become slow is answered for with 503
 * instead of with silence.
 */
export class Places {
  readonly #options: PlacesOptions
  /** In the order of arrival, with the times (`performance.now()`) at which they are refused. */
  readonly #waiting = new Map<Entrant, number>()
  #taken = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** An entrant that has begun owes a call of `leave`. */
  enter(entrant: Entrant): void {
    const { count, maxWaiting, maxWaitMilliseconds } = this.#options
    if (this.#taken < count) {
      this.#taken += 1
      entrant.begin()
    } else if (this.#waiting.size >= maxWaiting) {
      entrant.refuse()
    } else {
      this.#waiting.set(entrant, performance.now() + maxWaitMilliseconds)
      this.#timer ??= setTimeout(() => this.#refuseLate(), maxWaitMilliseconds)
    }
  }

  /** Gives a place back; the entrant that has waited longest gets it. */
  leave(): void {
    for (const [next] of this.#waiting) {
      this.#waiting.delete(next)
      next.begin()
      return
    }
    this.#taken -= 1
  }

  /** For an entrant that does not want to wait any longer. */
  withdraw(entrant: Entrant): void {
    this.#waiting.delete(entrant)
  }

  #refuseLate(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [entrant, until] of this.#waiting) {
      if (until > now) {
        this.#timer = setTimeout(() => this.#refuseLate(), until - now)
        return
      }
      this.#waiting.delete(entrant)
      entrant.refuse()
    }
  }
}
