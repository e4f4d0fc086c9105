/** The claims of a verified access token. */
export interface AccessToken {
  memberId: number
  /** The claim `sid`: one session has many tokens, one after the other. */
  sessionId: string
  /** The claim `jti`: this token alone. */
  tokenId: string
  /** Seconds since 1970. */
  expiresAt: number
}

export const TOKEN_ISSUER = 'dailyfeed-member-svc'
export const TOKEN_AUDIENCE = 'dailyfeed'
export const TOKEN_ALGORITHM = 'EdDSA'
/** As RFC 9068 asks for. */
export const TOKEN_TYPE = 'at+jwt'
/** How far the clocks of issuer and verifier may differ. */
export const CLOCK_LEEWAY_SECONDS = 5
