/** What a verified access token says of its bearer. */
export interface AccessToken {
  memberId: number
  /** `sid`: the session, alive over many tokens. */
  sessionId: string
  /** `jti`: this token alone. */
  tokenId: string
  /** Seconds since 1970. */
  expiresAt: number
}

export const TOKEN_ISSUER = 'dailyfeed-member-svc'
export const TOKEN_AUDIENCE = 'dailyfeed'
export const TOKEN_ALGORITHM = 'EdDSA'
export const TOKEN_TYPE = 'at+jwt'
/** RFC 9068 and auth.md: at most 5 s. */
export const CLOCK_LEEWAY_SECONDS = 5
