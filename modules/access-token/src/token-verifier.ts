import { DailyfeedError } from '@dailyfeed/contract/errors'
import { LRUCache } from 'lru-cache'
import { type AccessToken, CLOCK_LEEWAY_SECONDS } from './access-token.ts'
import type { Revocations } from './revocations.ts'
import { checkSignatureOrThrow, type VerifiedToken } from './signature.ts'
import type { VerificationKeys } from './verification-keys.ts'

const MAX_CACHED_TOKENS = 20_000

interface TokenVerifierOptions {
  keys: VerificationKeys
  revocations: Revocations
  /** Seconds since 1970. */
  now?: () => number
}

export interface TokenVerifier {
  /** The bearer of an `Authorization` header. Throws a DailyfeedError: 401, or 503 when the key set is unavailable. */
  verifyOrThrow(authorization: string | undefined): Promise<AccessToken>
  /** Accepts a token that expired at most `graceSeconds` ago as well; a revoked one is refused all the same. */
  verifyExpiredOrThrow(
    authorization: string | undefined,
    graceSeconds: number,
  ): Promise<AccessToken>
  /**
   * Does the same for each request of a server: a token whose signature is cached costs no promise.
   * Errors are thrown at once or reject.
   */
  verifyRequestOrThrow(
    authorization: string | undefined,
    graceSeconds: number,
  ): AccessToken | Promise<AccessToken>
}

export function createTokenVerifier({
  keys,
  revocations,
  now = () => Date.now() / 1_000,
}: TokenVerifierOptions): TokenVerifier {
  // Verifying Ed25519 costs more than the rest of a feed read, so verified tokens are cached by the whole header.
  // Against a plain Map, a hit takes 1.00 to 1.04 times as long (0.75 µs) and a miss 1.16 times, before its signature.
  const verified = new LRUCache<string, VerifiedToken>({ max: MAX_CACHED_TOKENS })

  async function checkAndCache(
    authorization: string | undefined,
    graceSeconds: number,
  ): Promise<AccessToken> {
    if (authorization === undefined || !/^bearer /i.test(authorization))
      throw new DailyfeedError('BEARER_TOKEN_MISSING')
    const checked = await checkSignatureOrThrow(authorization, { keys, graceSeconds, now: now() })
    verified.set(authorization, checked)
    return admitOrThrow(checked, graceSeconds)
  }

  /** Everything but the signature, which is checked once. */
  function admitOrThrow(
    { token, kid }: VerifiedToken,
    graceSeconds: number,
  ): AccessToken | Promise<AccessToken> {
    const latest = now() - CLOCK_LEEWAY_SECONDS - graceSeconds
    if (token.expiresAt <= latest) throw new DailyfeedError('JWT_EXPIRED', { advice: 'REFRESH' })
    if ((keys.endOf?.(kid) ?? Number.POSITIVE_INFINITY) <= latest)
      throw new DailyfeedError('JWT_KEY_EXPIRED', { advice: 'REFRESH' })
    const revoked = revocations.isRevoked(token)
    return typeof revoked === 'boolean'
      ? unlessRevoked(token, revoked)
      : revoked.then((answer) => unlessRevoked(token, answer))
  }

  function verify(
    authorization: string | undefined,
    graceSeconds: number,
  ): AccessToken | Promise<AccessToken> {
    keys.refreshWhenOld?.()
    const cached = authorization === undefined ? undefined : verified.get(authorization)
    return cached === undefined
      ? checkAndCache(authorization, graceSeconds)
      : admitOrThrow(cached, graceSeconds)
  }

  return {
    verifyOrThrow: async (authorization) => verify(authorization, 0),
    verifyExpiredOrThrow: async (authorization, graceSeconds) =>
      verify(authorization, graceSeconds),
    verifyRequestOrThrow: verify,
  }
}

function unlessRevoked(token: AccessToken, isRevoked: boolean): AccessToken {
  if (isRevoked) throw new DailyfeedError('MEMBER_UNAUTHORIZED', { advice: 'RELOGIN' })
  return token
}
