import type { ServiceName } from '@dailyfeed/contract/services'
import { Bulkhead, BulkheadRefusal } from './bulkhead.ts'
import type { CallRules, CircuitRule } from './call-classes.ts'
import type { CallFigures } from './call-figures.ts'
import { isFailureOfCallee } from './call-outcome.ts'
import { Circuit, CircuitRefusal, type CircuitStatus, type Verdict } from './circuit.ts'
import { CircuitProbe } from './circuit-probe.ts'
import { OutboundLimit } from './outbound-limit.ts'
import {
  BulkheadFullError,
  CallAbortedError,
  CircuitOpenError,
  RateLimitedError,
  ServiceTimeoutError,
} from './service-errors.ts'

export interface CallLog {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

interface CallGuardOptions {
  service: ServiceName
  purpose: string
  rules: CallRules
  figures: CallFigures
  /** How the service is probed while the circuit is open; without it only time closes the circuit. */
  probes: { rule: CircuitRule; everyMilliseconds: number } | undefined
  /** Throws unless the service is ready. */
  probeOrThrow: (milliseconds: number) => Promise<void>
  log: CallLog | undefined
}

export interface Judgement {
  /** A call that is long by its nature is never slow. */
  canBeSlow: boolean
  /** The caller waits for less than half of the time that the callee may take. */
  isCutShort: boolean
}

/** Decides which calls to one service are sent: its bulkhead, its outbound limit and its circuit. */
export class CallGuard {
  readonly bulkhead: Bulkhead
  readonly #options: CallGuardOptions
  readonly #limit: OutboundLimit | undefined
  readonly #circuit: Circuit
  readonly #probe: CircuitProbe | undefined
  /** Whether the present outage has been logged. */
  #isReported = false

  constructor(options: CallGuardOptions) {
    const { rules, probes, probeOrThrow } = options
    this.#options = options
    this.bulkhead = new Bulkhead(rules.bulkhead)
    this.#limit = rules.rate && new OutboundLimit(rules.rate)
    this.#circuit = new Circuit({ rule: rules.circuit, onChange: (to) => this.#onChange(to) })
    this.#probe =
      probes &&
      new CircuitProbe({
        ...probes,
        probe: () => probeOrThrow(probes.rule.slowCallMilliseconds),
        onHealthy: () => this.#circuit.close(),
      })
  }

  get circuitStatus(): CircuitStatus {
    return this.#circuit.status
  }

  /** Runs `work` with a place in the bulkhead, once the outbound limit allows it. */
  async admit<Value>(remaining: number, work: () => Promise<Value>): Promise<Value> {
    const { service } = this.#options
    try {
      return await this.bulkhead.run(async () => {
        const wait = (await this.#limit?.take(remaining)) ?? 0
        if (wait > 0)
          throw new RateLimitedError(
            service,
            `outbound limit of calls to ${service} reached; next call in ${wait} ms`,
            Math.ceil(wait / 1_000),
          )
        return work()
      }, remaining)
    } catch (error) {
      if (!(error instanceof BulkheadRefusal)) throw error
      const { concurrent, queued } = this.bulkhead.rule
      throw new BulkheadFullError(
        service,
        `${service} not called: ${concurrent} calls may be in progress and ${queued} may wait`,
      )
    }
  }

  /** Sends a call by `work` unless the circuit is open, and records what it says about the callee. */
  async judge<Value>(judgement: Judgement, work: () => Promise<Value>): Promise<Value> {
    try {
      return await this.#circuit.run(work, (error, milliseconds) =>
        this.#verdictOf(error, milliseconds, judgement),
      )
    } catch (error) {
      if (!(error instanceof CircuitRefusal)) throw error
      const { service } = this.#options
      const { failurePercent, slowPercent, openMilliseconds } = this.#circuit.rule
      throw new CircuitOpenError(
        service,
        `circuit open for ${service} after ${failurePercent} % of its latest calls failed or ` +
          `${slowPercent} % were slow; next call in at most ${openMilliseconds / 1_000} s`,
      )
    }
  }

  close(): void {
    this.#probe?.stop()
  }

  #verdictOf(error: unknown, milliseconds: number, { canBeSlow, isCutShort }: Judgement): Verdict {
    const isSlow = canBeSlow && milliseconds >= this.#circuit.rule.slowCallMilliseconds
    if (isSlow) this.#options.figures.slowCalls += 1
    const isGivenUp =
      error instanceof CallAbortedError || (error instanceof ServiceTimeoutError && isCutShort)
    if (isGivenUp && !isSlow) return 'UNKNOWN'
    if (!isFailureOfCallee(error)) return isSlow ? 'SLOW' : 'GOOD'
    return isSlow ? 'FAILED_AND_SLOW' : 'FAILED'
  }

  #onChange(status: CircuitStatus): void {
    const { service, purpose, rules, log } = this.#options
    if (status === 'OPEN') {
      this.#probe?.start()
      // Calls on trial that fail open the circuit again: an outage is one line, however long it lasts.
      if (!this.#isReported)
        log?.warn(
          { service, purpose },
          `circuit open for ${service}; next call in at most ${rules.circuit.openMilliseconds / 1_000} s`,
        )
      this.#isReported = true
    }
    if (status === 'CLOSED') {
      this.#probe?.stop()
      this.#isReported = false
      log?.info({ service, purpose }, `circuit closed for ${service}; calls are sent again`)
    }
  }
}
