import { createHash, createHmac, randomBytes } from 'node:crypto'

/** 256 bits; the cookie alone holds it, the database its hash. */
export const newRefreshToken = () => randomBytes(32).toString('base64url')

export const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** The same each time, so that two tabs that refresh at once get one successor, which nobody had to store. */
export const successorOf = (key: string, token: string, sessionId: string) =>
  createHmac('sha256', key).update(`${sessionId}.${token}`).digest('base64url')
