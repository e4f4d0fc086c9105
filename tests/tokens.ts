import { randomUUID } from 'node:crypto'
import {
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from '@dailyfeed/access-token/access-token'
import { InProcessRevocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, type TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'

export interface TestTokens {
  verifier: TokenVerifier
  revocations: InProcessRevocations
  /** The public keys, as member-svc would publish them. */
  keySet: JSONWebKeySet
  /** An `Authorization` header with a token for a member, as member-svc would issue it. */
  bearerOf(memberId: number, claims?: Record<string, unknown>): Promise<string>
}

/** Issues and verifies access tokens, for tests of a service without member-svc beside it. */
export async function testTokens(): Promise<TestTokens> {
  const { privateKey, publicKey } = await generateKeyPair(TOKEN_ALGORITHM)
  const keySet: JSONWebKeySet = {
    keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: TOKEN_ALGORITHM, use: 'sig' }],
  }
  const revocations = new InProcessRevocations()
  return {
    verifier: createTokenVerifier({ keys: createLocalJWKSet(keySet), revocations }),
    revocations,
    keySet,
    async bearerOf(memberId, claims = {}) {
      const now = Math.floor(Date.now() / 1_000)
      const payload = {
        iss: TOKEN_ISSUER,
        aud: TOKEN_AUDIENCE,
        sub: String(memberId),
        id: memberId,
        sid: randomUUID(),
        jti: randomUUID(),
        iat: now,
        nbf: now,
        exp: now + 900,
        ...claims,
      }
      const token = await new SignJWT(payload)
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: 'test', typ: TOKEN_TYPE })
        .sign(privateKey)
      return `Bearer ${token}`
    },
  }
}
