import { withDeadline } from '@dailyfeed/concurrency/deadline'
import { currentDeadline, withoutDeadline } from '@dailyfeed/concurrency/request-deadline'

interface SharedReadOptions {
  onShared: () => void
  onLate: () => Error
}

interface Flight {
  run: Promise<unknown>
  waiting: number
  /** Ends the call when nobody waits for it any more. */
  ending: AbortController
}

/** Lets identical reads that are in flight at the same time share one call. Their number is bounded by the bulkhead. */
export class SharedReads {
  readonly #inFlight = new Map<string, Flight>()
  readonly #options: SharedReadOptions

  constructor(options: SharedReadOptions) {
    this.#options = options
  }

  /**
   * The outcome of `read`, or of a call in flight with the same key. Each caller waits until its own deadline; the call
   * itself has the time limit of the client, and ends when every caller has given up.
   */
  async read<Value>(key: string, read: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const remaining = currentDeadline()?.remaining
    if (remaining !== undefined && remaining < 1) throw this.#options.onLate()
    const shared = this.#inFlight.get(key)
    if (shared !== undefined) this.#options.onShared()
    const flight = shared ?? this.#start(key, read)
    flight.waiting += 1
    try {
      const run = flight.run as Promise<Value>
      return await (remaining === undefined
        ? run
        : withDeadline(run, remaining, this.#options.onLate))
    } finally {
      flight.waiting -= 1
      if (flight.waiting === 0) flight.ending.abort()
    }
  }

  #start<Value>(key: string, read: (signal: AbortSignal) => Promise<Value>): Flight {
    const ending = new AbortController()
    const run = withoutDeadline(() => read(ending.signal)).finally(() => {
      if (this.#inFlight.get(key) === flight) this.#inFlight.delete(key)
    })
    const flight: Flight = { run, waiting: 0, ending }
    ending.signal.addEventListener('abort', () => {
      if (this.#inFlight.get(key) === flight) this.#inFlight.delete(key)
    })
    this.#inFlight.set(key, flight)
    return flight
  }
}
