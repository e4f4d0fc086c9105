import { DailyfeedError } from '@dailyfeed/code/errors'
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { type AccessToken, CLOCK_LEEWAY_SECONDS, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE } from './access-token.ts'
import type { Revocations } from './revocations.ts'

/** No honest token is longer; a longer one is refused unread. */
const MAX_HEADER_LENGTH = 4_096
const REMEMBERED_TOKENS = 10_000

interface TokenVerifierOptions {
  keys: JWTVerifyGetKey
  revocations: Revocations
  /** Seconds since 1970. */
  now?: () => number
}

export interface TokenVerifier {
  /** The bearer of an `Authorization` header. Throws a DailyfeedError 401, or 503 when the key set cannot be had. */
  verifyOrThrow(authorization: string | undefined): Promise<AccessToken>
  /** The same for a token whose life ended at most `graceSeconds` ago. Revocation is judged all the same. */
  verifyExpiredOrThrow(authorization: string | undefined, graceSeconds: number): Promise<AccessToken>
}

/** Keys come from this address alone, never from a token's header. An unknown `kid` asks again at most every 30 s. */
export const remoteKeys = (jwksUrl: string, cacheSeconds: number): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(jwksUrl), { cacheMaxAge: cacheSeconds * 1_000, cooldownDuration: 30_000, timeoutDuration: 5_000 })

export function createTokenVerifier({ keys, revocations, now = () => Date.now() / 1_000 }: TokenVerifierOptions): TokenVerifier {
  // Verifying Ed25519 costs more than the rest of a feed read, so good tokens are remembered by their whole header.
  // Two generations: a full young one becomes the old one, which needs no book-keeping per use.
  let young = new Map<string, AccessToken>()
  let old = new Map<string, AccessToken>()

  async function claimsOf(authorization: string, graceSeconds: number): Promise<AccessToken> {
    const known = young.get(authorization) ?? old.get(authorization)
    if (known !== undefined) return known
    const token = await checkSignatureOrThrow(authorization, graceSeconds)
    if (young.size >= REMEMBERED_TOKENS) {
      old = young
      young = new Map()
    }
    young.set(authorization, token)
    return token
  }

  async function checkSignatureOrThrow(authorization: string, graceSeconds: number): Promise<AccessToken> {
    if (authorization.length > MAX_HEADER_LENGTH || !/^bearer [\w-]+\.[\w-]+\.[\w-]+$/i.test(authorization)) throw invalidToken()
    try {
      const { payload } = await jwtVerify(authorization.slice(7), keys, {
        algorithms: [TOKEN_ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        clockTolerance: CLOCK_LEEWAY_SECONDS + graceSeconds,
        requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp'],
        currentDate: new Date(now() * 1_000),
      })
      return toAccessTokenOrThrow(payload, now())
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH', cause: error })
      if (error instanceof errors.JWKSTimeout || (!(error instanceof errors.JOSEError) && !(error instanceof DailyfeedError))) {
        throw new DailyfeedError('MEMBER_API_CONNECTION_ERROR', { retryAfterSeconds: 5, cause: error })
      }
      throw error instanceof DailyfeedError ? error : invalidToken(error)
    }
  }

  async function verify(authorization: string | undefined, graceSeconds: number): Promise<AccessToken> {
    if (authorization === undefined || !/^bearer /i.test(authorization)) throw new DailyfeedError('BEARER_TOKEN_MISSING')
    const token = await claimsOf(authorization, graceSeconds)
    if (token.expiresAt + CLOCK_LEEWAY_SECONDS + graceSeconds <= now()) throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH' })
    if (await revocations.isRevoked(token)) throw new DailyfeedError('MEMBER_UNAUTHORIZED', { advice: 'RELOGIN' })
    return token
  }

  return {
    verifyOrThrow: (authorization) => verify(authorization, 0),
    verifyExpiredOrThrow: verify,
  }
}

const invalidToken = (cause?: unknown) => new DailyfeedError('INVALID_TOKEN', { advice: 'RELOGIN', cause })

function toAccessTokenOrThrow(payload: JWTPayload, nowSeconds: number): AccessToken {
  const { sub, jti, exp, iat } = payload
  const memberId = payload['id']
  const sessionId = payload['sid']
  const isWhole =
    typeof sub === 'string' && typeof jti === 'string' && typeof sessionId === 'string' && typeof exp === 'number' && typeof iat === 'number' &&
    Number.isSafeInteger(memberId) && sub === String(memberId) && iat <= nowSeconds + CLOCK_LEEWAY_SECONDS
  if (!isWhole) throw invalidToken()
  return { memberId: memberId as number, sessionId, tokenId: jti, expiresAt: exp }
}
