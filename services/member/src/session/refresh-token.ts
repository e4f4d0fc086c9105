import { createHash, createHmac, randomBytes } from 'node:crypto'

/** 256 random bits. Only the cookie holds the token; the database holds its hash. */
export const newRefreshToken = () => randomBytes(32).toString('base64url')

export const hashOf = (token: string) => createHash('sha256').update(token).digest()

/**
 * The token that replaces `token`. It is derived, not random: two tabs that refresh at the same moment
 * get the same successor although the database never stores a token.
 */
export const successorOf = (key: string, token: string, sessionId: string) =>
  createHmac('sha256', key).update(`${sessionId}.${token}`).digest('base64url')
