import { randomUUID } from 'node:crypto'
import type { KeyStore } from '../key/key-store.ts'

/** The two tokens of a session. */
export interface Tokens {
  /** A JWT, sent in the `Authorization` header. */
  accessToken: string
  /** Sent in the refresh cookie alone. */
  refreshToken: string
}

interface TokenIssuer {
  keys: KeyStore
  settings: { accessTokenSeconds: number }
}

export const issueAccessToken = (
  { keys, settings }: TokenIssuer,
  memberId: number,
  sessionId: string,
): Promise<string> =>
  keys.sign({
    memberId,
    sessionId,
    tokenId: randomUUID(),
    lifeSeconds: settings.accessTokenSeconds,
  })
