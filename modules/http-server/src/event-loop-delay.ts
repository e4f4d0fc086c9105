import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10
const WINDOW_MS = 1_000

/** How late the event loop of this process runs, on average over the last second. */
export class EventLoopDelay {
  readonly #maxMs: number
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>
  #timer: NodeJS.Timeout | undefined
  #windowStartedAt = 0
  #countsFrom = 0
  /** Whether the delay is above its maximum. Read for every request. */
  isTooLong = false

  constructor(maxMs: number) {
    this.#maxMs = maxMs
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  }

  /** Measures from now on; delays before this time (`performance.now()`) do not count. */
  countFrom(time: number): void {
    this.#countsFrom = Math.max(this.#countsFrom, time)
    if (this.#timer !== undefined) return
    this.#histogram.enable()
    this.#windowStartedAt = performance.now()
    this.#timer = setInterval(() => this.#endWindow(), WINDOW_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#histogram.disable()
  }

  #endWindow(): void {
    const now = performance.now()
    // Without a value in the whole window, the loop was blocked for all of it.
    const { mean } = this.#histogram
    const delay = Number.isNaN(mean)
      ? now - this.#windowStartedAt - WINDOW_MS
      : mean / 1e6 - RESOLUTION_MS
    this.isTooLong = this.#windowStartedAt >= this.#countsFrom && delay > this.#maxMs
    this.#histogram.reset()
    this.#windowStartedAt = now
  }
}
