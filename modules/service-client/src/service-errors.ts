import { type ServiceName, SERVICE_NAMES } from '@dailyfeed/contract/services'

/** A call without an answer of use. The caller decides whether its own request fails, is degraded, or goes on. */
export abstract class ServiceCallError extends Error {
  readonly service: ServiceName

  constructor(service: ServiceName, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.service = service
  }
}

/** The facts of an answer with 4xx or 5xx. */
export interface UnavailableFacts {
  status?: number | undefined
  /** The error code of the contract; undefined for an answer of another form. */
  code?: string | undefined
  /** The callee's Retry-After. */
  retryAfterSeconds?: number | undefined
  /** The connection was refused or lost before the whole answer came. */
  isConnectionFault?: boolean
  cause?: unknown
}

/** The callee cannot be reached, answers 5xx, or answers something that cannot be read. */
export class ServiceUnavailableError extends ServiceCallError {
  override name = 'ServiceUnavailableError'
  /** Undefined without an answer. */
  readonly status: number | undefined
  readonly code: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly isConnectionFault: boolean

  constructor(
    service: ServiceName,
    message: string,
    { status, code, retryAfterSeconds, isConnectionFault = false, cause }: UnavailableFacts = {},
  ) {
    super(service, message, { cause })
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
    this.isConnectionFault = isConnectionFault
  }
}

type UnavailableClass = new (
  ...given: ConstructorParameters<typeof ServiceUnavailableError>
) => ServiceUnavailableError
type UnavailableName<Name extends ServiceName> = `${Capitalize<Name>}ServiceUnavailableError`

const unavailableNameOf = <Name extends ServiceName>(service: Name) =>
  `${service.charAt(0).toUpperCase()}${service.slice(1)}ServiceUnavailableError` as UnavailableName<Name>

/** MemberServiceUnavailableError, ContentServiceUnavailableError, …: one class for each service of SERVICES. */
export const UNAVAILABLE_ERRORS = Object.fromEntries(
  SERVICE_NAMES.map((service): [string, UnavailableClass] => {
    const name = unavailableNameOf(service)
    return [
      name,
      class extends ServiceUnavailableError {
        override name = name
      },
    ]
  }),
) as { [Name in ServiceName as UnavailableName<Name>]: UnavailableClass }

export const unavailableErrorOf = (service: ServiceName): UnavailableClass =>
  UNAVAILABLE_ERRORS[unavailableNameOf(service)]

/**
 * The callee works and answers 5xx for something that it depends on, by the error code of that condition, such as
 * KAFKA_NETWORK_ERROR. It does not count against the callee.
 */
export class ServiceDependencyError extends ServiceUnavailableError {
  override name = 'ServiceDependencyError'
}

/** The callee did not answer in time. It may or may not have done what the call asks. */
export class ServiceTimeoutError extends ServiceCallError {
  override name = 'ServiceTimeoutError'
}

/** The caller gave up before the answer came. */
export class CallAbortedError extends ServiceCallError {
  override name = 'CallAbortedError'
}

/** The circuit is open after repeated failures; the callee was not called. */
export class CircuitOpenError extends ServiceCallError {
  override name = 'CircuitOpenError'
}

/** More calls than the outbound limit allows, which were not sent, or more than the callee accepts (429). */
export class RateLimitedError extends ServiceCallError {
  override name = 'RateLimitedError'
  readonly retryAfterSeconds: number | undefined

  constructor(service: ServiceName, message: string, retryAfterSeconds?: number) {
    super(service, message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** As many calls are in progress, and as many wait, as the bulkhead admits; the callee was not called. */
export class BulkheadFullError extends ServiceCallError {
  override name = 'BulkheadFullError'
}

/** The callee refused the request with 4xx: the same request will be refused again. */
export class ServiceRefusedError extends ServiceCallError {
  override name = 'ServiceRefusedError'
  readonly status: number
  readonly code: string | undefined

  constructor(service: ServiceName, message: string, { status, code }: UnavailableFacts) {
    super(service, message)
    this.status = status ?? 400
    this.code = code
  }
}

/** The callee answered 401. The flags are its two token headers. */
export class UnauthorizedError extends ServiceRefusedError {
  override name = 'UnauthorizedError'
  /** X-Token-Refresh-Needed: a refreshed token will be accepted. */
  readonly isTokenRefreshNeeded: boolean
  /** X-Relogin-Required: only a new login helps. */
  readonly isReloginRequired: boolean

  constructor(
    service: ServiceName,
    message: string,
    facts: UnavailableFacts,
    { isTokenRefreshNeeded, isReloginRequired }: TokenAdviceFlags,
  ) {
    super(service, message, facts)
    this.isTokenRefreshNeeded = isTokenRefreshNeeded
    this.isReloginRequired = isReloginRequired
  }
}

interface TokenAdviceFlags {
  isTokenRefreshNeeded: boolean
  isReloginRequired: boolean
}
