import type { Revocation } from './revocations.ts'

/**
 * Redis channel of member-svc: a list of `Revocation` that has just been committed to the log. A lost
 * message does no harm, since verifiers poll the log as well.
 */
export const REVOKED_CHANNEL = 'member:authentication:revoked'
/** Redis channel of verifiers: a `ConfirmedMessage`. */
export const CONFIRMED_CHANNEL = 'member:authentication:confirmed'
/** Redis key of a token that was revoked by itself; it expires with the token. */
export const blacklistKeyOf = (tokenId: string) => `member:authentication:blacklist:${tokenId}`

/** The cache of this verifier holds every revocation up to this number. */
export interface ConfirmedMessage {
  verifier: string
  number: number
}

/** How long a cache is trusted after a sync with the log, counted from the start of the query. */
export const TRUST_MILLISECONDS = 500
/**
 * How long member-svc waits for confirmations. By then the trust of every cache that lacks the
 * revocation has expired.
 */
export const CONFIRM_WITHIN_MILLISECONDS = 600

/** Empty for any text that is not a list of revocations. */
export const readRevoked = (text: string): Revocation[] => {
  const list = readJson(text)
  return Array.isArray(list)
    ? (list as Revocation[]).filter((one) => typeof one?.expiresAt === 'number')
    : []
}

/** Undefined for any text that is not such a message. */
export const readConfirmed = (text: string): ConfirmedMessage | undefined => {
  const message = readJson(text) as ConfirmedMessage | null | undefined
  return typeof message?.verifier === 'string' && typeof message.number === 'number'
    ? message
    : undefined
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
