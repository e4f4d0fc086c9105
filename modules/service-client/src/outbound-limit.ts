import { setTimeout as sleep } from 'node:timers/promises'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateRule } from './call-classes.ts'

const KEY = 'calls'

/** The outbound limit of one instance: so many calls in a period, and a short wait for the next one. */
export class OutboundLimit {
  readonly #rule: RateRule
  readonly #limiter: RateLimiterMemory

  constructor(rule: RateRule) {
    this.#rule = rule
    this.#limiter = new RateLimiterMemory({
      points: rule.calls,
      duration: rule.periodMilliseconds / 1_000,
    })
  }

  /**
   * Returns 0 when the call may be sent, at once or after a wait of at most the rule's; otherwise the milliseconds after
   * which one may be.
   */
  async take(remaining: number): Promise<number> {
    const wait = await this.#tryTake()
    if (wait === 0 || wait > Math.min(this.#rule.waitMilliseconds, remaining)) return wait
    await sleep(wait)
    return this.#tryTake()
  }

  async #tryTake(): Promise<number> {
    try {
      await this.#limiter.consume(KEY)
      return 0
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      return Math.max(1, error.msBeforeNext)
    }
  }
}
