import type { Revocation } from './revocations.ts'

/** Redis channel: a list of `Revocation`, just written to the log. Lost without harm: whoever misses it asks the log. */
export const REVOKED_CHANNEL = 'member:authentication:revoked'
/** Redis channel: `ConfirmedMessage`. */
export const CONFIRMED_CHANNEL = 'member:authentication:confirmed'
/** A key for each token that was revoked by itself, as long as it would have lived. */
export const blacklistKeyOf = (tokenId: string) => `member:authentication:blacklist:${tokenId}`

/** A process that judges tokens by its memory knows all revocations up to this number. */
export interface ConfirmedMessage {
  verifier: string
  number: number
}

/** How long a memory is trusted after it was compared with the log, counted from the question. */
export const TRUST_MILLISECONDS = 500
/** After so long without a confirmation nobody's memory is trusted any more that lacks the revocation. */
export const CONFIRM_WITHIN_MILLISECONDS = 600

/** Nothing, where it is no such list. */
export const readRevoked = (text: string): Revocation[] => {
  const list = readJson(text)
  return Array.isArray(list)
    ? (list as Revocation[]).filter((one) => typeof one?.expiresAt === 'number')
    : []
}

/** Undefined, where it is no such message. */
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
