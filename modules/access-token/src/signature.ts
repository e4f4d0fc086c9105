import { DailyfeedError } from '@dailyfeed/contract/errors'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import {
  type AccessToken,
  CLOCK_LEEWAY_SECONDS,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from './access-token.ts'

/** Longer than any genuine header; a longer one is refused unread. */
const MAX_HEADER_LENGTH = 4_096

export interface VerifiedToken {
  token: AccessToken
  /** The id of the key that signed it. */
  kid: string
}

interface SignatureOptions {
  keys: JWTVerifyGetKey
  /** How long ago the token may have expired. */
  graceSeconds: number
  /** Seconds since 1970. */
  now: number
}

/**
 * Checks the signature and the claims of the token in an `Authorization` header. Throws INVALID_TOKEN,
 * JWT_EXPIRED, or MEMBER_API_CONNECTION_ERROR when the key set is unavailable.
 */
export async function checkSignatureOrThrow(
  authorization: string,
  { keys, graceSeconds, now }: SignatureOptions,
): Promise<VerifiedToken> {
  if (
    authorization.length > MAX_HEADER_LENGTH ||
    !/^bearer [\w-]+\.[\w-]+\.[\w-]+$/i.test(authorization)
  )
    throw invalidToken()
  try {
    const { payload, protectedHeader } = await jwtVerify(authorization.slice(7), keys, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_LEEWAY_SECONDS + graceSeconds,
      requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp'],
      currentDate: new Date(now * 1_000),
    })
    if (typeof protectedHeader.kid !== 'string') throw invalidToken()
    return { token: toAccessTokenOrThrow(payload, now), kid: protectedHeader.kid }
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH', cause: error })
    if (error instanceof DailyfeedError) throw error
    if (error instanceof errors.JOSEError) throw invalidToken(error)
    throw new DailyfeedError('MEMBER_API_CONNECTION_ERROR', { retryAfterSeconds: 5, cause: error })
  }
}

const invalidToken = (cause?: unknown) =>
  new DailyfeedError('INVALID_TOKEN', { advice: 'RELOGIN', cause })

function toAccessTokenOrThrow(payload: JWTPayload, now: number): AccessToken {
  const { sub, jti, exp, iat, id: memberId, sid: sessionId } = payload
  if (
    typeof sub !== 'string' ||
    typeof jti !== 'string' ||
    typeof sessionId !== 'string' ||
    typeof exp !== 'number' ||
    typeof iat !== 'number' ||
    typeof memberId !== 'number' ||
    !Number.isSafeInteger(memberId) ||
    sub !== String(memberId) ||
    iat > now + CLOCK_LEEWAY_SECONDS
  )
    throw invalidToken()
  return { memberId, sessionId, tokenId: jti, expiresAt: exp }
}
