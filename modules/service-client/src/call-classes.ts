import { type CallClass, type ServiceName, SERVICES } from '@dailyfeed/contract/services'

/** When calls to a service are judged to fail, and for how long it is then left alone. */
export interface CircuitRule {
  /** Number of latest calls that are judged. */
  window: number
  /** Fewer calls are not judged. */
  minCalls: number
  /** The circuit opens when this share of the window has failed. */
  failurePercent: number
  /** A call that takes as long as this is slow. */
  slowCallMilliseconds: number
  /** The circuit opens when this share of the window was slow. */
  slowPercent: number
  /** How long an open circuit refuses calls. */
  openMilliseconds: number
  /** Calls that are then let through on trial; they decide whether the circuit closes. */
  halfOpenCalls: number
}

export interface RetryRule {
  /** The first call included. */
  attempts: number
  /** Mean wait before an attempt is repeated; the jitter is half of it in both directions. */
  waitMilliseconds: number
}

export interface RateRule {
  calls: number
  periodMilliseconds: number
  /** How long a call may wait for the next period. */
  waitMilliseconds: number
}

export interface BulkheadRule {
  /** Calls in progress at the same time. */
  concurrent: number
  /** Further calls that may wait. */
  queued: number
  /** How long each of them may wait. */
  queueMilliseconds: number
}

export interface CallRules {
  circuit: CircuitRule
  retry: RetryRule
  /** Undefined for callers that no outbound limit holds back. */
  rate: RateRule | undefined
  bulkhead: BulkheadRule
  connectMilliseconds: number
  /** Longest time from sending a request to the last byte of its answer. */
  readMilliseconds: number
  /** Whether the callee stops when the caller no longer waits. */
  sendsDeadline: boolean
}

/** The table of circuit breakers. `health` judges the probes that close the circuit of a target early. */
const CIRCUITS = {
  critical: {
    window: 50,
    minCalls: 5,
    failurePercent: 40,
    slowCallMilliseconds: 3_000,
    slowPercent: 70,
    openMilliseconds: 30_000,
    halfOpenCalls: 5,
  },
  default: {
    window: 100,
    minCalls: 10,
    failurePercent: 50,
    slowCallMilliseconds: 5_000,
    slowPercent: 80,
    openMilliseconds: 60_000,
    halfOpenCalls: 10,
  },
  bulk: {
    window: 200,
    minCalls: 20,
    failurePercent: 60,
    slowCallMilliseconds: 10_000,
    slowPercent: 85,
    openMilliseconds: 120_000,
    halfOpenCalls: 10,
  },
  health: {
    window: 10,
    minCalls: 3,
    failurePercent: 50,
    slowCallMilliseconds: 3_000,
    slowPercent: 80,
    openMilliseconds: 10_000,
    halfOpenCalls: 3,
  },
} as const satisfies Record<string, CircuitRule>

const RETRIES = {
  fast: { attempts: 2, waitMilliseconds: 300 },
  default: { attempts: 3, waitMilliseconds: 500 },
  conservative: { attempts: 2, waitMilliseconds: 1_000 },
} as const satisfies Record<string, RetryRule>

const RATES = {
  critical: { calls: 200, periodMilliseconds: 1_000, waitMilliseconds: 100 },
  default: { calls: 100, periodMilliseconds: 1_000, waitMilliseconds: 0 },
  conservative: { calls: 50, periodMilliseconds: 1_000, waitMilliseconds: 0 },
} as const satisfies Record<string, RateRule>

const BULKHEADS = {
  wide: { concurrent: 16, queued: 64, queueMilliseconds: 1_000 },
  narrow: { concurrent: 8, queued: 16, queueMilliseconds: 1_000 },
} as const satisfies Record<string, BulkheadRule>

const TIMEOUTS = { connectMilliseconds: 5_000, readMilliseconds: 10_000, sendsDeadline: true }

const RULES: Record<CallClass, CallRules & { rate: RateRule }> = {
  critical: {
    circuit: CIRCUITS.critical,
    retry: RETRIES.fast,
    rate: RATES.critical,
    bulkhead: BULKHEADS.wide,
    ...TIMEOUTS,
  },
  default: {
    circuit: CIRCUITS.default,
    retry: RETRIES.default,
    rate: RATES.default,
    bulkhead: BULKHEADS.wide,
    ...TIMEOUTS,
  },
  bulk: {
    circuit: CIRCUITS.bulk,
    retry: RETRIES.conservative,
    rate: RATES.conservative,
    bulkhead: BULKHEADS.narrow,
    ...TIMEOUTS,
  },
}

/** The rules of calls to a service without any setting, by its class in SERVICES. */
export const defaultRulesOf = (service: ServiceName): CallRules & { rate: RateRule } =>
  RULES[SERVICES[service].callClass]

/** The circuit of probes without any setting. */
export const HEALTH_CIRCUIT: CircuitRule = CIRCUITS.health

/** How often the readiness of a service is probed while its circuit is open. */
export const PROBE_MILLISECONDS = 2_000

/** Retries in percent of calls. */
export const RETRY_BUDGET_PERCENT = 10

/** How long the circuit of the relay stays open: its next delivery is the probe. */
const RELAY_OPEN_MILLISECONDS = 2_000

/**
 * The rules of the relay's deliveries: it repeats them itself, with growing waits, and must send a backlog as fast as the
 * subscriber takes it. So it has no retries here, no outbound limit, and a circuit that stays open for 2 s. Its deliveries
 * have no deadline: events that a slow subscriber applies too late need not be applied again.
 */
export const relayRulesOf = (rules: CallRules): CallRules => ({
  ...rules,
  circuit: { ...rules.circuit, openMilliseconds: RELAY_OPEN_MILLISECONDS, halfOpenCalls: 1 },
  retry: { attempts: 1, waitMilliseconds: 0 },
  rate: undefined,
  sendsDeadline: false,
})
