import type { AddressBlock } from './address-block.ts'

/** Requests are counted per member, by id, or per address block. */
export type RateKey = number | AddressBlock

export interface RatePolicy {
  /** Name of the policy in the headers. */
  name: string
  /** Requests of one key in a window. */
  limit: number
  windowSeconds: number
}

/** The requests of one key in its window. */
export interface RateCount {
  readonly key: RateKey
  /** With the requests at other processes, as far as they are known. */
  readonly total: number
  /** End of the window, by `performance.now()`. */
  readonly endsAt: number
}

/** Requests of one key that the other processes do not know. */
export interface UnsharedCount {
  key: RateKey
  requests: number
  endsAt: number
}

interface Count extends RateCount {
  total: number
  endsAt: number
  /** Requests of this process that the other processes do not know yet. */
  unshared: number
  isQueued: boolean
}

/** Part of its limit that a key uses before its counts are shared: few keys ever do. */
const SHARED_FROM = 0.05

interface RateCounterOptions {
  /** Keys that are counted at a time. */
  maxKeys: number
  /** Called when the first count waits to be shared; undefined where nothing is shared. */
  onUnshared?: ((counter: RateCounter) => void) | undefined
}

/**
 * Counts the requests of each key in a window that begins with the key's first request. A request costs one look-up;
 * there are no timers.
 */
export class RateCounter {
  readonly policy: RatePolicy
  /** Value of the header RateLimit-Policy, a structured field of draft-ietf-httpapi-ratelimit-headers-10. */
  readonly policyHeader: string
  readonly #maxKeys: number
  readonly #onUnshared: ((counter: RateCounter) => void) | undefined
  readonly #windowMilliseconds: number
  readonly #sharedFrom: number
  /** In the order in which the windows began. */
  readonly #counts = new Map<RateKey, Count>()
  #byAge: Iterator<Count, undefined> = this.#counts.values()
  #oldest: Count | undefined
  #queue: Count[] = []
  #refusals = 0

  constructor(policy: RatePolicy, { maxKeys, onUnshared }: RateCounterOptions) {
    this.policy = policy
    this.policyHeader = `"${policy.name}";q=${policy.limit};w=${policy.windowSeconds}`
    this.#maxKeys = maxKeys
    this.#onUnshared = onUnshared
    this.#windowMilliseconds = policy.windowSeconds * 1_000
    this.#sharedFrom = policy.limit * SHARED_FROM
  }

  /** Counts one request at `now`, of `performance.now()`. The result is valid until the next call. */
  count(key: RateKey, now: number): RateCount {
    let count = this.#counts.get(key)
    if (count === undefined || now >= count.endsAt) count = this.#begin(key, now)
    count.total += 1
    if (count.total > this.policy.limit) this.#refusals += 1
    if (this.#onUnshared !== undefined) {
      count.unshared += 1
      if (count.total >= this.#sharedFrom) this.#enqueue(count)
    }
    return count
  }

  /** Keys that are counted at present. */
  get size(): number {
    return this.#counts.size
  }

  /** Requests beyond the limit since the start. */
  get refusals(): number {
    return this.#refusals
  }

  /** Hands over up to `max` counts. `merge` or `putBack` must follow for each. */
  takeUnshared(max: number): UnsharedCount[] {
    const taken = this.#queue.splice(0, max)
    return taken.map((count) => {
      const requests = count.unshared
      count.unshared = 0
      count.isQueued = false
      return { key: count.key, requests, endsAt: count.endsAt }
    })
  }

  /** Takes over the requests and the window of all processes. */
  merge(key: RateKey, total: number, endsAt: number): void {
    const count = this.#counts.get(key)
    if (count === undefined) return
    count.total = Math.max(count.total, total + count.unshared)
    count.endsAt = endsAt
  }

  /** Requests that could not be shared wait for the next attempt, in their window. */
  putBack(key: RateKey, requests: number, endsAt: number): void {
    const count = this.#counts.get(key)
    if (count === undefined || count.endsAt !== endsAt) return
    count.unshared += requests
    this.#enqueue(count)
  }

  #enqueue(count: Count): void {
    if (count.isQueued) return
    count.isQueued = true
    this.#queue.push(count)
    if (this.#queue.length === 1) this.#onUnshared?.(this)
  }

  #begin(key: RateKey, now: number): Count {
    this.#counts.delete(key)
    this.#dropOldest(now)
    const endsAt = now + this.#windowMilliseconds
    const count = { key, total: 0, endsAt, unshared: 0, isQueued: false }
    this.#counts.set(key, count)
    return count
  }

  /**
   * Drops up to two counts whose window is over, so that they do not accumulate. A full map drops its oldest key: a client
   * would need as many keys to have its own count dropped.
   */
  #dropOldest(now: number): void {
    for (let dropped = 0; dropped < 2; dropped += 1) {
      const oldest = this.#findOldest()
      if (oldest === undefined) return
      if (now < oldest.endsAt && this.#counts.size < this.#maxKeys) return
      this.#counts.delete(oldest.key)
    }
  }

  /**
   * One iterator for the life of the map: an iterator that begins anew would pass the places of all deleted keys with
   * each call. A count that was replaced by a later one of its key is passed over.
   */
  #findOldest(): Count | undefined {
    while (this.#oldest === undefined || this.#counts.get(this.#oldest.key) !== this.#oldest) {
      const { value, done } = this.#byAge.next()
      this.#oldest = value
      if (done === true) {
        this.#byAge = this.#counts.values()
        return undefined
      }
    }
    return this.#oldest
  }
}

/** Whole seconds until the window ends, at least 1. */
export const secondsLeft = ({ endsAt }: RateCount, now: number): number =>
  Math.max(1, Math.ceil((endsAt - now) / 1_000))
