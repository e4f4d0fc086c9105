/** Headers of the contract, in lower case as Node reports them. */
export const TOKEN_REFRESH_NEEDED = 'x-token-refresh-needed'
export const RELOGIN_REQUIRED = 'x-relogin-required'
export const REQUEST_ID = 'x-request-id'
/** A service's own credential, on internal calls and on requests that the gateway forwards. */
export const INTERNAL_TOKEN = 'x-internal-token'
export const IDEMPOTENCY_KEY = 'idempotency-key'
/**
 * Milliseconds that are left for a request. The gateway sets it from its own time limit, and each service passes on what
 * is left, so that clocks are never compared. Outside the product it has no meaning: the gateway drops it.
 */
export const DEADLINE = 'x-deadline-ms'

export const REFRESH_COOKIE = 'refresh_token'
/** The name over HTTPS. With this prefix a browser rejects the cookie from any other host or path. */
export const SECURE_REFRESH_COOKIE = '__Host-refresh_token'
