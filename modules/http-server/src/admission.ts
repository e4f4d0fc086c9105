import { setImmediate } from 'node:timers'

/** A request that waits for its turn. */
export interface WaitingRequest {
  start(): void
  refuse(reason: Refusal): void
  /** Whether its client has disconnected: then nothing is done for it. */
  isGone(): boolean
}

export type Refusal = 'QUEUE_AGE' | 'QUEUE_FULL' | 'EVENT_LOOP_DELAY'

export interface AdmissionLimits {
  /** Milliseconds in which requests start in one turn of the event loop; further ones wait for the next turn. */
  turnMs: number
  /** Requests that wait at most; beyond it the oldest is refused. */
  maxWaiting: number
  /** Milliseconds that a request waits at most. */
  maxWaitMs: number
  /** Milliseconds in which a queue must shrink by a tenth: one that does not is an overload. */
  periodMs: number
  /** The newest requests that still wait while the process is overloaded. */
  maxWaitingOverloaded: number
  /** Milliseconds after the last refusal in which the process counts as overloaded. */
  recoveryMs: number
  /** Milliseconds after which a request that lost its place in an overload is refused, on average. */
  holdMs: number
}

/** Callbacks that one turn schedules; with those that find no time left, a turn stays short. */
const MAX_STARTS_PER_TURN = 16

/**
 * A queue is compared with itself after two periods: one that stands for 400 ms is an overload and
 * no burst, as in CoDel (RFC 8289).
 */
export const ADMISSION_LIMITS: AdmissionLimits = {
  turnMs: 4,
  maxWaiting: 1_000,
  maxWaitMs: 1_000,
  periodMs: 200,
  maxWaitingOverloaded: 64,
  recoveryMs: 1_000,
  holdMs: 500,
}

interface Entry {
  request: WaitingRequest
  since: number
}

/**
 * Lets the requests of one event loop start in the order of their arrival, for a few milliseconds in each turn, so
 * that answers from databases and new connections are handled in between. Requests wait in a burst.
 * In an overload only the newest wait, since serving the oldest would make all of them late; the
 * others are refused after a pause: a refusal takes a fifth of the time of an answer, and at once it
 * would only invite the next request on the same connection.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #queue: Entry[] = []
  /** Undefined until the first request of a turn starts. */
  #turnEndsAt: number | undefined
  #isTurnScheduled = false
  #periodEndsAt = 0
  #lengthBefore = Number.POSITIVE_INFINITY
  #lastDropAt = Number.NEGATIVE_INFINITY
  #held = 0
  #countsFrom = Number.NEGATIVE_INFINITY

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.#limits = { ...ADMISSION_LIMITS, ...limits }
  }

  get waiting(): number {
    return this.#queue.length + this.#held
  }

  /** Before this time (`performance.now()`) the process starts, and no request is too old. */
  countFrom(time: number): void {
    this.#countsFrom = Math.max(this.#countsFrom, time)
  }

  isOverloaded(now = performance.now()): boolean {
    return now - this.#lastDropAt < this.#limits.recoveryMs
  }

  /** Whether a request that has arrived starts at once. Otherwise it has to `wait`. */
  startsNow(): boolean {
    if (this.#queue.length > 0 || !this.#hasTime()) return false
    if (!this.#isTurnScheduled) this.#scheduleTurn()
    return true
  }

  wait(request: WaitingRequest): void {
    const now = performance.now()
    if (this.#queue.length === 0) this.#beginPeriod(now, Number.POSITIVE_INFINITY)
    this.#queue.push({ request, since: now })
    if (this.waiting > this.#limits.maxWaiting) this.#queue.shift()?.request.refuse('QUEUE_FULL')
    if (!this.#isTurnScheduled) this.#scheduleTurn()
  }

  #hasTime(): boolean {
    const now = performance.now()
    if (this.#turnEndsAt !== undefined) return now < this.#turnEndsAt
    this.#turnEndsAt = now + this.#limits.turnMs
    return true
  }

  #scheduleTurn(): void {
    this.#isTurnScheduled = true
    setImmediate(this.#turn)
  }

  /** Runs once in each turn of the event loop in which a request started or waits. */
  readonly #turn = (): void => {
    this.#isTurnScheduled = false
    this.#turnEndsAt = undefined
    if (this.#queue.length === 0) return
    this.#dropTooOld(performance.now())
    // One callback for each: promises of a request are settled before the next request starts.
    const starts = Math.min(this.#queue.length, MAX_STARTS_PER_TURN)
    for (let n = 0; n < starts; n += 1) setImmediate(this.#startOldest)
    this.#scheduleTurn()
  }

  readonly #startOldest = (): void => {
    if (!this.#hasTime()) return
    let next = this.#queue.shift()
    while (next?.request.isGone()) next = this.#queue.shift()
    next?.request.start()
  }

  #dropTooOld(now: number): void {
    if (now < this.#countsFrom) return
    if (this.#doesNotShrink(now)) this.#dropOldest(now)
    const oldest = now - this.#limits.maxWaitMs
    let next = this.#queue[0]
    while (next !== undefined && next.since < oldest) {
      this.#queue.shift()
      next.request.refuse('QUEUE_AGE')
      next = this.#queue[0]
    }
  }

  /** Asked in each turn; answers at the end of each period. */
  #doesNotShrink(now: number): boolean {
    if (now < this.#periodEndsAt) return false
    const { length } = this.#queue
    const hasShrunk = length < this.#lengthBefore * 0.9
    this.#beginPeriod(now, length)
    return !hasShrunk && length > this.#limits.maxWaitingOverloaded
  }

  /**
   * An overload that goes on is noticed sooner than one that begins. A queue that shrinks is left
   * alone even then: a process that had to wait for a processor finds many requests at once.
   */
  #beginPeriod(now: number, length: number): void {
    const { periodMs } = this.#limits
    this.#periodEndsAt = now + (this.isOverloaded(now) ? periodMs / 5 : periodMs)
    this.#lengthBefore = length
  }

  #dropOldest(now: number): void {
    while (this.#queue.length > this.#limits.maxWaitingOverloaded) {
      const dropped = this.#queue.shift()
      if (dropped === undefined) return
      this.#lastDropAt = now
      this.#hold(dropped.request)
    }
  }

  /** Random pauses keep requests that arrived together from coming back together. */
  #hold(request: WaitingRequest): void {
    this.#held += 1
    setTimeout(
      () => {
        this.#held -= 1
        if (!request.isGone()) request.refuse('QUEUE_AGE')
      },
      this.#limits.holdMs * (0.5 + Math.random()),
    )
  }
}
