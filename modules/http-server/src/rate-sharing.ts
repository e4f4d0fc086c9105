import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { redisScript } from '@dailyfeed/redis-support/redis-script'
import { createTryRedis, type TryRedis } from '@dailyfeed/redis-support/try-redis'
import type { RateCounter, UnsharedCount } from './rate-counter.ts'

/**
 * Adds requests to the count of a key and returns the requests of all processes and the milliseconds until their window
 * ends. The first process that adds decides when it ends. ARGV: requests, milliseconds until its own window ends.
 */
const ADD = redisScript(`
local total = redis.call('incrby', KEYS[1], ARGV[1])
local left = redis.call('pttl', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('pexpire', KEYS[1], left)
end
return {total, left}`)

/** Keys of one counter in one exchange, which leave in one write; further ones follow in the next. */
const MAX_KEYS = 1_000
/** Time between two exchanges: for so long a process does not see the requests at the others. */
const EXCHANGE_MILLISECONDS = 250

interface RateSharingOptions {
  redis: RedisClient
  /** Processes of one service share their counts. */
  service: string
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
}

/**
 * Shares counts between the processes of one service, in the background: no request waits for Redis. While Redis is away
 * each process limits by the counts that it has, and shares what it has counted meanwhile afterwards.
 */
export class RateSharing {
  readonly #redis: RedisClient
  readonly #prefix: string
  readonly #tryRedis: TryRedis
  #waiting = new Set<RateCounter>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ redis, service, log }: RateSharingOptions) {
    this.#redis = redis
    this.#prefix = `rate:${service}`
    this.#tryRedis = createTryRedis({
      log,
      consequence: 'requests are limited by the counts of each process',
      fields: { part: 'rate limits' },
    })
  }

  /** The next exchange includes this counter. */
  readonly onUnshared = (counter: RateCounter): void => {
    this.#waiting.add(counter)
    if (this.#timer !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => void this.#exchange(), EXCHANGE_MILLISECONDS).unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #exchange(): Promise<void> {
    const counters = this.#waiting
    this.#waiting = new Set()
    await Promise.all([...counters].map((counter) => this.#share(counter)))
    this.#timer = undefined
    for (const counter of this.#waiting) this.onUnshared(counter)
  }

  async #share(counter: RateCounter): Promise<void> {
    const taken = counter.takeUnshared(MAX_KEYS)
    const now = performance.now()
    const outcomes = await this.#tryRedis(() => this.#addAll(counter, taken, now), undefined)
    taken.forEach(({ key, requests, endsAt }, index) => {
      const outcome = outcomes?.[index]
      if (outcome?.status === 'fulfilled')
        counter.merge(key, outcome.value.total, now + outcome.value.left)
      else counter.putBack(key, requests, endsAt)
    })
    if (taken.length === MAX_KEYS) this.#waiting.add(counter)
  }

  /** Each key by itself: a cluster may have lost the node of some. Throws when it has lost those of all. */
  async #addAll(
    { policy: { name, windowSeconds } }: RateCounter,
    taken: readonly UnsharedCount[],
    now: number,
  ): Promise<PromiseSettledResult<SharedCount>[]> {
    const outcomes = await Promise.allSettled(
      taken.map(async ({ key, requests, endsAt }) => {
        const redisKey = `${this.#prefix}:${name}:${windowSeconds}:${key}`
        const left = Math.max(1, Math.ceil(endsAt - now))
        return sharedCountOf(await this.#redis.run(ADD, redisKey, [requests, left]))
      }),
    )
    const failure = outcomes.find(({ status }) => status === 'rejected')
    const isLost = outcomes.every(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected' && isLost) throw failure.reason
    return outcomes
  }
}

interface SharedCount {
  total: number
  /** Milliseconds. */
  left: number
}

function sharedCountOf(answer: unknown): SharedCount {
  if (!Array.isArray(answer)) throw new TypeError('the script of rate limits has no answer')
  return { total: Number(answer[0]), left: Number(answer[1]) }
}
