import type { CircuitRule } from './call-classes.ts'
import { Circuit, type Verdict } from './circuit.ts'

interface CircuitProbeOptions {
  rule: CircuitRule
  everyMilliseconds: number
  /** Throws unless the callee is ready. */
  probe: () => Promise<void>
  /** As many probes in a row have succeeded as the rule lets through on trial. */
  onHealthy: () => void
}

/**
 * Probes a service while its circuit is open, so that the circuit closes as soon as the service is back and not when its
 * time is over. The probes have a circuit of their own, of the class `health`: a service that stays away is left alone
 * for that circuit's open time.
 */
export class CircuitProbe {
  readonly #options: CircuitProbeOptions
  #circuit: Circuit
  #timer: NodeJS.Timeout | undefined
  #inARow = 0

  constructor(options: CircuitProbeOptions) {
    this.#options = options
    this.#circuit = new Circuit({ rule: options.rule })
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#circuit = new Circuit({ rule: this.#options.rule })
    this.#inARow = 0
    this.#schedule()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #schedule(): void {
    const timer = setTimeout(async () => {
      await this.#probeOnce()
      // Stopped, or stopped and started again, while the probe was in progress.
      if (this.#timer === timer) this.#schedule()
    }, this.#options.everyMilliseconds)
    timer.unref()
    this.#timer = timer
  }

  async #probeOnce(): Promise<void> {
    const { rule, probe, onHealthy } = this.#options
    const judge = (error: unknown, milliseconds: number): Verdict =>
      error !== undefined ? 'FAILED' : milliseconds >= rule.slowCallMilliseconds ? 'SLOW' : 'GOOD'
    try {
      await this.#circuit.run(probe, judge)
      this.#inARow += 1
    } catch {
      // Not ready, or the probes themselves pause: the next one decides.
      this.#inARow = 0
    }
    if (this.#inARow < rule.halfOpenCalls) return
    this.#inARow = 0
    onHealthy()
  }
}
