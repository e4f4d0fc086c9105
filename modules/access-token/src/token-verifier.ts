import { DailyfeedError } from '@dailyfeed/contract/errors'
import {
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose'
import {
  type AccessToken,
  CLOCK_LEEWAY_SECONDS,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from './access-token.ts'
import type { Revocations } from './revocations.ts'

/** No honest token is longer; a longer one is refused unread. */
const MAX_HEADER_LENGTH = 4_096
const REMEMBERED_TOKENS = 10_000
/** An unknown `kid`, or an issuer that is away, is asked about no more often, whatever callers send. */
const ASK_AGAIN_SECONDS = 30

export interface VerificationKeys extends JWTVerifyGetKey {
  /** When tokens that this key signed stop being accepted; undefined while it may sign. Asked on every request. */
  endOf?: (kid: string) => number | undefined
  /** Called with each token: asks for the set again when it is old, without making the token wait. */
  refreshWhenOld?: () => void
}

interface TokenVerifierOptions {
  keys: VerificationKeys
  revocations: Revocations
  /** Seconds since 1970. */
  now?: () => number
}

export interface TokenVerifier {
  /** The bearer of an `Authorization` header. Throws a DailyfeedError 401, or 503 when the key set cannot be had. */
  verifyOrThrow(authorization: string | undefined): Promise<AccessToken>
  /** The same for a token whose life ended at most `graceSeconds` ago. Revocation is judged all the same. */
  verifyExpiredOrThrow(
    authorization: string | undefined,
    graceSeconds: number,
  ): Promise<AccessToken>
}

/** Of each retired key of a set, its `exp` (as in OpenID Federation): seconds since 1970. */
export const keyEndsOf = (set: JSONWebKeySet): Map<string, number> =>
  new Map(
    (set.keys as { kid?: string; exp?: unknown }[]).flatMap(({ kid, exp }) =>
      kid !== undefined && typeof exp === 'number' ? [[kid, exp]] : [],
    ),
  )

/**
 * Keys come from this address alone, never from a token's header. jose fetches them; when is decided here: an old set
 * goes on serving while a new one is asked for, so that an issuer that is away costs nobody an answer.
 */
export function remoteKeys(jwksUrl: string, cacheSeconds: number): VerificationKeys {
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    timeoutDuration: 5_000,
  })
  // A key is published for the age of a set before it signs: whoever could not ask must have asked again by then.
  const retrySeconds = Math.min(cacheSeconds, ASK_AGAIN_SECONDS)
  let ends = new Map<string, number>()
  let askedAt = Number.NEGATIVE_INFINITY
  let failure: DailyfeedError | undefined
  // Not `remote.jwks()`, which copies the whole set: this is asked on every request.
  let isKnown = false
  const isOlderThan = (seconds: number) => performance.now() - askedAt > seconds * 1_000

  async function ask(): Promise<void> {
    askedAt = performance.now()
    try {
      await remote.reload()
      isKnown = true
      ends = keyEndsOf(remote.jwks() ?? { keys: [] })
      failure = undefined
    } catch (cause) {
      failure = new DailyfeedError('MEMBER_API_CONNECTION_ERROR', { retryAfterSeconds: 5, cause })
      throw failure
    }
  }

  async function find(...token: Parameters<JWTVerifyGetKey>) {
    if (!isKnown) await ask()
    try {
      return await remote(...token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (
        !isOlderThan(failure === undefined ? ASK_AGAIN_SECONDS : retrySeconds) &&
        !remote.reloading
      )
        throw failure ?? error
      await ask()
      return remote(...token)
    }
  }
  const refreshWhenOld = () => {
    if (isKnown && isOlderThan(failure === undefined ? cacheSeconds : retrySeconds))
      ask().catch(() => {})
  }
  return Object.assign(find, { endOf: (kid: string) => ends.get(kid), refreshWhenOld })
}

interface KnownToken {
  token: AccessToken
  kid: string
}

export function createTokenVerifier({
  keys,
  revocations,
  now = () => Date.now() / 1_000,
}: TokenVerifierOptions): TokenVerifier {
  // Verifying Ed25519 costs more than the rest of a feed read, so good tokens are remembered by their whole header.
  // Two generations: a full young one becomes the old one, which needs no book-keeping per use.
  let young = new Map<string, KnownToken>()
  let old = new Map<string, KnownToken>()

  async function claimsOf(authorization: string, graceSeconds: number): Promise<KnownToken> {
    const remembered = young.get(authorization) ?? old.get(authorization)
    if (remembered !== undefined) return remembered
    const known = await checkSignatureOrThrow(authorization, graceSeconds)
    if (young.size >= REMEMBERED_TOKENS) {
      old = young
      young = new Map()
    }
    young.set(authorization, known)
    return known
  }

  async function checkSignatureOrThrow(
    authorization: string,
    graceSeconds: number,
  ): Promise<KnownToken> {
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
        currentDate: new Date(now() * 1_000),
      })
      if (typeof protectedHeader.kid !== 'string') throw invalidToken()
      return { token: toAccessTokenOrThrow(payload, now()), kid: protectedHeader.kid }
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH', cause: error })
      if (error instanceof DailyfeedError) throw error
      if (error instanceof errors.JOSEError) throw invalidToken(error)
      throw new DailyfeedError('MEMBER_API_CONNECTION_ERROR', {
        retryAfterSeconds: 5,
        cause: error,
      })
    }
  }

  async function verify(
    authorization: string | undefined,
    graceSeconds: number,
  ): Promise<AccessToken> {
    if (authorization === undefined || !/^bearer /i.test(authorization))
      throw new DailyfeedError('BEARER_TOKEN_MISSING')
    keys.refreshWhenOld?.()
    const { token, kid } = await claimsOf(authorization, graceSeconds)
    const latest = now() - CLOCK_LEEWAY_SECONDS - graceSeconds
    if (token.expiresAt <= latest) throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH' })
    if ((keys.endOf?.(kid) ?? Number.POSITIVE_INFINITY) <= latest)
      throw new DailyfeedError('JWT_KEY_EXPIRED', { advice: 'REFRESH' })
    if (await revocations.isRevoked(token))
      throw new DailyfeedError('MEMBER_UNAUTHORIZED', { advice: 'RELOGIN' })
    return token
  }

  return {
    verifyOrThrow: (authorization) => verify(authorization, 0),
    verifyExpiredOrThrow: verify,
  }
}

const invalidToken = (cause?: unknown) =>
  new DailyfeedError('INVALID_TOKEN', { advice: 'RELOGIN', cause })

function toAccessTokenOrThrow(payload: JWTPayload, nowSeconds: number): AccessToken {
  const { sub, jti, exp, iat } = payload
  const memberId = payload['id']
  const sessionId = payload['sid']
  const isWhole =
    typeof sub === 'string' &&
    typeof jti === 'string' &&
    typeof sessionId === 'string' &&
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    Number.isSafeInteger(memberId) &&
    sub === String(memberId) &&
    iat <= nowSeconds + CLOCK_LEEWAY_SECONDS
  if (!isWhole) throw invalidToken()
  return { memberId: memberId as number, sessionId, tokenId: jti, expiresAt: exp }
}
