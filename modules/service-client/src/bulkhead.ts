import { type BulkheadPolicy, BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel'
import type { BulkheadRule } from './call-classes.ts'

/** No place was free within the time that a call may wait. */
export class BulkheadRefusal extends Error {
  override name = 'BulkheadRefusal'
}

/** Bounds the calls in progress and those that wait for them. */
export class Bulkhead {
  readonly rule: BulkheadRule
  readonly #policy: BulkheadPolicy

  constructor(rule: BulkheadRule) {
    this.rule = rule
    this.#policy = bulkhead(rule.concurrent, rule.queued)
  }

  get inProgress(): number {
    return this.rule.concurrent - this.#policy.executionSlots
  }

  get queued(): number {
    return this.rule.queued - this.#policy.queueSlots
  }

  /**
   * Runs `work` when a place is free. Throws a BulkheadRefusal when all places and the queue are taken, or after waiting
   * for the rule's time or `remaining` milliseconds. A call that gave up keeps its place in the queue until its turn.
   */
  async run<Value>(work: () => Promise<Value>, remaining: number): Promise<Value> {
    const waiting = new AbortController()
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => {
        waiting.abort()
        reject(new BulkheadRefusal())
      },
      Math.max(0, Math.min(this.rule.queueMilliseconds, remaining)),
    )
    const run = this.#policy.execute(() => {
      clearTimeout(timer)
      return work()
    }, waiting.signal)
    try {
      return await Promise.race([run, late])
    } catch (error) {
      throw error instanceof BulkheadRejectedError || error instanceof TaskCancelledError
        ? new BulkheadRefusal()
        : error
    } finally {
      clearTimeout(timer)
    }
  }
}
