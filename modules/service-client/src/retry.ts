import { setTimeout as sleep } from 'node:timers/promises'
import type { RetryRule } from './call-classes.ts'
import { isTemporary } from './call-outcome.ts'
import type { RetryBudget } from './retry-budget.ts'
import { ServiceUnavailableError } from './service-errors.ts'

interface RetryOptions {
  rule: RetryRule
  budget: RetryBudget
  /** Milliseconds that the caller goes on waiting. */
  remaining: () => number
  signal: AbortSignal | undefined
  onRetry: () => void
  /** A retry that the budget does not allow. */
  onWithheld: () => void
}

/** A callee that asks for a longer pause than this is not called again by the same request. */
const MAX_RETRY_AFTER_MILLISECONDS = 5_000

/**
 * Repeats `attempt` while its error is temporary, attempts are left, the budget allows it, and the caller still waits when
 * the pause is over. cockatiel's retry can neither be aborted while it waits nor keep to a budget.
 */
export async function withRetries<Value>(
  attempt: () => Promise<Value>,
  { rule, budget, remaining, signal, onRetry, onWithheld }: RetryOptions,
): Promise<Value> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (attempts >= rule.attempts || !isTemporary(error) || signal?.aborted) throw error
      const wait = waitBeforeRetry(error, rule)
      if (wait === undefined || wait >= remaining()) throw error
      if (!budget.takeRetry()) {
        onWithheld()
        throw error
      }
      onRetry()
      await sleep(wait, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw error
      })
    }
  }
}

/** Milliseconds: the rule's wait with a jitter of 50 to 150 %, or the callee's Retry-After if that is longer. */
function waitBeforeRetry(error: unknown, { waitMilliseconds }: RetryRule): number | undefined {
  const asked =
    error instanceof ServiceUnavailableError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
  if (asked > MAX_RETRY_AFTER_MILLISECONDS) return undefined
  return Math.max(asked, waitMilliseconds * (0.5 + Math.random()))
}
