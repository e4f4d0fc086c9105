import {
  BulkheadFullError,
  CallAbortedError,
  CircuitOpenError,
  RateLimitedError,
  ServiceDependencyError,
  ServiceRefusedError,
  ServiceTimeoutError,
  ServiceUnavailableError,
} from './service-errors.ts'

/** How a call ended, as a label of the metrics. */
export type CallOutcome =
  | 'OK'
  | 'REFUSED'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CIRCUIT_OPEN'
  | 'RATE_LIMITED'
  | 'BULKHEAD_FULL'

export function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof ServiceRefusedError) return 'REFUSED'
  if (error instanceof ServiceTimeoutError) return 'TIMEOUT'
  if (error instanceof CallAbortedError) return 'ABORTED'
  if (error instanceof CircuitOpenError) return 'CIRCUIT_OPEN'
  if (error instanceof RateLimitedError) return 'RATE_LIMITED'
  if (error instanceof BulkheadFullError) return 'BULKHEAD_FULL'
  return 'UNAVAILABLE'
}

/** Whether an error is the callee's failure: it is away, too late, or answers 5xx for a reason of its own. */
export const isFailureOfCallee = (error: unknown): boolean =>
  error instanceof ServiceTimeoutError ||
  (error instanceof ServiceUnavailableError && !(error instanceof ServiceDependencyError))

/** 502 and 504 of a proxy in between, 503 of the callee. Every other answer would be the same again. */
const TEMPORARY = new Set([502, 503, 504])

/** Whether the same call may succeed a moment later: no connection, no answer in time, or a temporary status. Never 4xx. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof ServiceTimeoutError ||
  (error instanceof ServiceUnavailableError &&
    (error.status === undefined ? error.isConnectionFault : TEMPORARY.has(error.status)))
