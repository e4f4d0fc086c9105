import { randomUUID } from 'node:crypto'
import {
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from '@dailyfeed/access-token/access-token'
import { decryptKey } from '@dailyfeed/member/key/key-encryption'
import { importPKCS8, type JWTPayload, SignJWT } from 'jose'
import type { Sql } from 'postgres'
import type { SeparateServices } from '../separate-services.ts'

export interface SigningKey {
  kid: string
  state: 'NEXT' | 'PRIMARY' | 'RETIRED'
  /** Milliseconds since 1970; undefined while the key may sign. */
  retiredAt: number | undefined
  privateKey: Awaited<ReturnType<typeof importPKCS8>>
}

/** The private keys, as an attacker with the database and its encryption key could read them. */
export async function readSigningKeys(
  sql: Sql,
  { database }: SeparateServices,
): Promise<SigningKey[]> {
  const rows = await sql<
    { kid: string; state: SigningKey['state']; retired_at: Date | null; private_key: Buffer }[]
  >`
    select kid, state, retired_at, private_key from member.jwt_key`
  return Promise.all(
    rows.map(async ({ kid, state, retired_at, private_key }) => ({
      kid,
      state,
      retiredAt: retired_at?.getTime(),
      privateKey: await importPKCS8(
        decryptKey(database.secrets.jwtKeyEncryptionKey, kid, private_key),
        TOKEN_ALGORITHM,
      ),
    })),
  )
}

interface Forgery {
  memberId: number
  lifeSeconds?: number
  header?: Record<string, unknown>
  claims?: JWTPayload
  /** Claims to leave out. */
  without?: string[]
}

/** An `Authorization` header with a well-signed token of any content. */
export async function forgeToken(
  { kid, privateKey }: SigningKey,
  { memberId, lifeSeconds = 60, header = {}, claims = {}, without = [] }: Forgery,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const all: Record<string, unknown> = {
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    sub: String(memberId),
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + lifeSeconds,
    id: memberId,
    sid: randomUUID(),
    ...claims,
  }
  for (const claim of without) delete all[claim]
  const token = await new SignJWT(all as JWTPayload)
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid, ...header })
    .sign(privateKey)
  return `Bearer ${token}`
}
