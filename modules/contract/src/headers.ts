/** Headers of the contract, in the case that Node reports them. */
export const TOKEN_REFRESH_NEEDED = 'x-token-refresh-needed'
export const RELOGIN_REQUIRED = 'x-relogin-required'
export const REQUEST_ID = 'x-request-id'
/** A service's own credential, on internal calls and on what the gateway forwards. */
export const INTERNAL_TOKEN = 'x-internal-token'
export const IDEMPOTENCY_KEY = 'idempotency-key'

export const REFRESH_COOKIE = 'refresh_token'
/** The name over HTTPS: a browser then refuses it from any other host or path. */
export const SECURE_REFRESH_COOKIE = '__Host-refresh_token'
