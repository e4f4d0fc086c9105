import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  handleWhenResult,
} from 'cockatiel'
import type { CircuitRule } from './call-classes.ts'
import { CircuitWindow, shareOf } from './circuit-window.ts'

export type CircuitStatus = 'CLOSED' | 'HALF_OPEN' | 'OPEN'

/** The meaning of a finished call for its callee; UNKNOWN where the caller gave up before anything could be said. */
export type Verdict = 'GOOD' | 'FAILED' | 'SLOW' | 'FAILED_AND_SLOW' | 'UNKNOWN'

/** The circuit refused the call. */
export class CircuitRefusal extends Error {
  override name = 'CircuitRefusal'
}

interface CircuitOptions {
  rule: CircuitRule
  onChange?: (status: CircuitStatus) => void
}

/** The end of a call, as a value: cockatiel then counts by the verdict and not by what is thrown. */
type Settled<Value> = { verdict: Verdict } & ({ value: Value } | { error: unknown })

/** A circuit breaker of cockatiel that also counts slow calls and never queues calls. */
export class Circuit {
  readonly rule: CircuitRule
  readonly #window: CircuitWindow
  readonly #policy: CircuitBreakerPolicy
  /** Calls that this half-open period has let through. */
  #trials = 0
  #status: CircuitStatus = 'CLOSED'

  constructor({ rule, onChange = () => {} }: CircuitOptions) {
    this.rule = rule
    this.#window = new CircuitWindow(rule)
    this.#policy = circuitBreaker(handleWhenResult(isBad), {
      breaker: this.#window,
      halfOpenAfter: rule.openMilliseconds,
      halfOpenSampling: { calls: rule.halfOpenCalls, threshold: shareOf(rule.failurePercent) },
    })
    this.#policy.onStateChange((state) => {
      const status = STATUS_OF[state]
      if (status === undefined || status === this.#status) return
      this.#trials = 0
      this.#status = status
      onChange(status)
    })
  }

  get status(): CircuitStatus {
    return this.#status
  }

  /**
   * Runs `work` and judges its end. Throws a CircuitRefusal while the circuit is open, and for further calls while those
   * on trial are in progress: cockatiel would let them wait in a queue without a bound.
   */
  async run<Value>(
    work: () => Promise<Value>,
    judge: (error: unknown, milliseconds: number) => Verdict,
  ): Promise<Value> {
    if (this.#status === 'HALF_OPEN' && this.#trials >= this.rule.halfOpenCalls)
      throw new CircuitRefusal()
    try {
      const settled = await this.#policy.execute(() => this.#settle(work, judge))
      if ('error' in settled) throw settled.error
      return settled.value
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new CircuitRefusal() : error
    }
  }

  /** Closes the circuit before its time, on other evidence than calls. */
  close(): void {
    this.#window.reset()
    if (this.#status !== 'CLOSED') this.#policy.isolate().dispose()
  }

  async #settle<Value>(
    work: () => Promise<Value>,
    judge: (error: unknown, milliseconds: number) => Verdict,
  ): Promise<Settled<Value>> {
    const isTrial = this.#status === 'HALF_OPEN'
    if (isTrial) this.#trials += 1
    const startedAt = performance.now()
    const end = (error: unknown): Verdict => {
      const verdict = judge(error, performance.now() - startedAt)
      // A trial of which nothing is known must not close the circuit.
      if (verdict === 'UNKNOWN') return isTrial ? 'FAILED' : 'UNKNOWN'
      this.#window.record(verdict.startsWith('FAILED'), verdict.endsWith('SLOW'))
      return verdict
    }
    try {
      const value = await work()
      return { verdict: end(undefined), value }
    } catch (error) {
      return { verdict: end(error), error }
    }
  }
}

const isBad = (settled: unknown): boolean => {
  const { verdict } = settled as { verdict: Verdict }
  return verdict !== 'GOOD' && verdict !== 'UNKNOWN'
}

/** Isolated is the step in between when a circuit is closed before its time. */
const STATUS_OF: Record<CircuitState, CircuitStatus | undefined> = {
  [CircuitState.Closed]: 'CLOSED',
  [CircuitState.Open]: 'OPEN',
  [CircuitState.HalfOpen]: 'HALF_OPEN',
  [CircuitState.Isolated]: undefined,
}
