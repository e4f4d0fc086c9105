import { TOKEN_ALGORITHM } from '@dailyfeed/access-token/access-token'
import type { KeyRow } from './key.queries.ts'

/** A public key of the key set: a JWK of kty OKP. */
export interface PublicKey {
  kty: string
  crv: string
  x: string
  kid: string
  alg: string
  use: string
  /** Only for a retired key: until when its tokens are accepted, seconds since 1970. */
  exp?: number
}

export const toPublicKey = ({ kid, public_jwk, accepted_until }: KeyRow): PublicKey => ({
  ...public_jwk,
  kid,
  alg: TOKEN_ALGORITHM,
  use: 'sig',
  ...(accepted_until === null ? {} : { exp: accepted_until }),
})
