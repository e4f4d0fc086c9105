/** The callee cannot be reached, or answers 5xx. */
export class ServiceUnavailableError extends Error {
  override name = 'ServiceUnavailableError'
}
/** The callee did not answer in time: whether it did what was asked is not known. */
export class ServiceTimeoutError extends Error {
  override name = 'ServiceTimeoutError'
}
/** The callee was not asked, since it failed too often just now. */
export class CircuitOpenError extends Error {
  override name = 'CircuitOpenError'
}
/** The callee refused this very request: asking again unchanged is in vain. */
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
