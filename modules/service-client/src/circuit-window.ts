import { CircuitState, CountBreaker, type IBreaker } from 'cockatiel'
import type { CircuitRule } from './call-classes.ts'

/**
 * The window over which cockatiel's circuit judges calls: one of its CountBreakers for failed calls and, since cockatiel
 * has no rule for slow ones, another for those. Calls are recorded where they are measured; cockatiel then asks for the
 * verdict.
 */
export class CircuitWindow implements IBreaker {
  readonly #failures: CountBreaker
  readonly #slow: CountBreaker
  #mustOpen = false
  state: unknown

  constructor({ window, minCalls, failurePercent, slowPercent }: CircuitRule) {
    const breakerOf = (percent: number) =>
      new CountBreaker({
        threshold: shareOf(percent),
        size: window,
        minimumNumberOfCalls: minCalls,
      })
    this.#failures = breakerOf(failurePercent)
    this.#slow = breakerOf(slowPercent)
  }

  record(isFailure: boolean, isSlow: boolean): void {
    if (recordIn(this.#failures, isFailure)) this.#mustOpen = true
    if (recordIn(this.#slow, isSlow)) this.#mustOpen = true
  }

  reset(): void {
    // A success in half-open state empties a CountBreaker and is then recorded itself: the window begins with one good call.
    this.#failures.success(CircuitState.HalfOpen)
    this.#slow.success(CircuitState.HalfOpen)
    this.#mustOpen = false
  }

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.reset()
  }

  failure(state: CircuitState): boolean {
    return state !== CircuitState.Closed || this.#mustOpen
  }
}

/** Returns whether the circuit must open. */
function recordIn(breaker: CountBreaker, isBad: boolean): boolean {
  if (isBad) return breaker.failure(CircuitState.Closed)
  breaker.success(CircuitState.Closed)
  return false
}

/** cockatiel's thresholds must be exceeded; the rules mean "this share or more", as in the table of the founding system. */
export const shareOf = (percent: number): number => percent / 100 - 1e-9
