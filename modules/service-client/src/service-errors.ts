/** The callee cannot be reached, or answers 429 or 5xx. */
export class ServiceUnavailableError extends Error {
  override name = 'ServiceUnavailableError'
  /** The error code of the callee's answer; undefined without an answer of the contract's form. */
  readonly code: string | undefined

  constructor(
    message: string,
    { code, cause }: { code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
  }
}

/** The callee did not answer in time. It may or may not have done what the call asks. */
export class ServiceTimeoutError extends Error {
  override name = 'ServiceTimeoutError'
}

/** The circuit is open after repeated failures; the callee was not called. */
export class CircuitOpenError extends Error {
  override name = 'CircuitOpenError'
}

/** The callee refused the request with 4xx: the same request will be refused again. */
export class ServiceRefusedError extends Error {
  override name = 'ServiceRefusedError'
  readonly status: number
  readonly code: string | undefined

  constructor(message: string, status: number, code: string | undefined) {
    super(message)
    this.status = status
    this.code = code
  }
}
