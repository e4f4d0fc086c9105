import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Log } from './log.ts'
import { RateCounter, type RatePolicy } from './rate-counter.ts'
import { createRateLimiter, type RateLimiter } from './rate-limit.ts'
import { RateSharing } from './rate-sharing.ts'

interface RateCountersOptions {
  service: string
  log: Log
  maxKeys: number
  /** Shares the counts with the other processes of the service. */
  redis: RedisClient | undefined
}

/** The counters of one process, with their metrics. */
export class RateCounters {
  readonly #maxKeys: number
  readonly #sharing: RateSharing | undefined
  readonly #counters: RateCounter[] = []
  readonly #refusalsOf = new Map<string, () => number>()

  constructor({ service, log, maxKeys, redis }: RateCountersOptions) {
    this.#maxKeys = maxKeys
    this.#sharing = redis === undefined ? undefined : new RateSharing({ redis, service, log })
  }

  create(policy: RatePolicy): RateCounter {
    const options = { maxKeys: this.#maxKeys }
    const counter = new RateCounter(
      policy,
      this.#sharing === undefined ? options : { ...options, onUnshared: this.#sharing.onUnshared },
    )
    this.#counters.push(counter)
    this.#refusalsOf.set(policy.name, () => counter.refusals)
    return counter
  }

  /** A limit beside the class of a route. */
  limiter(policy: RatePolicy): RateLimiter {
    return createRateLimiter(this.create(policy))
  }

  /** Adds a limit that is counted elsewhere to the metrics. `refusals`: since the start. */
  include(policyName: string, refusals: () => number): void {
    this.#refusalsOf.set(policyName, refusals)
  }

  registerMetrics(registry: Registry): void {
    const counters = this.#counters
    const refusalsOf = this.#refusalsOf
    const labelNames = ['policy'] as const
    const registers = [registry]
    new Counter({
      name: 'rate_limit_refused_total',
      help: 'Requests beyond a rate limit, answered 429, by the name of the policy',
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const [policy, refusals] of refusalsOf) this.inc({ policy }, refusals())
      },
    })
    new Gauge({
      name: 'rate_limit_keys',
      help: 'Members or address blocks counted in the current window, by the name of the policy',
      labelNames,
      registers,
      collect() {
        for (const { policy, size } of counters) this.set({ policy: policy.name }, size)
      },
    })
  }

  close(): void {
    this.#sharing?.close()
  }
}
