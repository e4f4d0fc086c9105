import {
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from '@dailyfeed/access-token/access-token'
import { keyEndsOf, type VerificationKeys } from '@dailyfeed/access-token/verification-keys'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { createLocalJWKSet, SignJWT } from 'jose'
import type { Sql } from 'postgres'
import { type PublicKey, toPublicKey } from './key.mapper.ts'
import {
  countNextKeys,
  deleteOldKeys,
  findPrimaryKey,
  findPublishedKeys,
  findRipeKey,
  insertNextKey,
  insertPrimaryKey,
  lockRotation,
  promote,
} from './key.queries.ts'
import { CACHE_MILLISECONDS, createShortCache } from './short-cache.ts'
import { createKey, openKeyOrThrow, type SigningKey } from './signing-key.ts'

interface KeyStoreOptions {
  sql: Sql
  encryptionKey: string
  /** How long a retired key is accepted. */
  graceSeconds: number
  /** How long verifiers cache the key set: a key signs only after it has been published that long. */
  publishSeconds: number
}

export interface KeySet {
  keys: PublicKey[]
}

export interface KeyStore {
  /**
   * `jwtKeyInitJob`: creates the first primary key where there is none, and returns whether it did.
   * Throws when the primary key cannot be decrypted.
   */
  initialise(): Promise<boolean>
  /** `jwtKeyRotationJob`: the next key becomes primary, the primary one retires, and a next one is created. */
  rotate(): Promise<'ROTATED' | 'NOT_YET'>
  deleteOld(): Promise<number>
  /** Without any private key. */
  keySet(): Promise<KeySet>
  /** For the verifier of this service itself. */
  verificationKeys: VerificationKeys
  sign(claims: TokenClaims): Promise<string>
}

export interface TokenClaims {
  memberId: number
  sessionId: string
  tokenId: string
  lifeSeconds: number
}

export function createKeyStore({
  sql,
  encryptionKey,
  graceSeconds,
  publishSeconds,
}: KeyStoreOptions): KeyStore {
  const signingKey = createShortCache(async () => {
    const row = await findPrimaryKey(sql)
    if (row === undefined) throw new Error('there is no signing key; run jwtKeyInitJob')
    return openKeyOrThrow(encryptionKey, row)
  })
  const published = createPublishedKeys(sql, graceSeconds)

  function invalidate(): void {
    signingKey.invalidate()
    published.invalidate()
  }

  return {
    async initialise() {
      const primary = await findPrimaryKey(sql)
      if (primary !== undefined) {
        await openKeyOrThrow(encryptionKey, primary)
        return false
      }
      const isFirst = await insertPrimaryKey(sql, await createKey(encryptionKey))
      invalidate()
      return isFirst
    },

    async rotate() {
      const outcome = await inTransaction(sql, async (transaction) => {
        await lockRotation(transaction)
        // Verifiers may have received the key set from this store's cache, which adds to their own.
        const ripe = await findRipeKey(transaction, publishSeconds + CACHE_MILLISECONDS / 1_000)
        if (ripe !== undefined) await promote(transaction, ripe)
        if ((await countNextKeys(transaction)) === 0)
          await insertNextKey(transaction, await createKey(encryptionKey))
        return ripe === undefined ? ('NOT_YET' as const) : ('ROTATED' as const)
      })
      invalidate()
      return outcome
    },

    deleteOld: () => deleteOldKeys(sql, graceSeconds),
    keySet: published.keySet,
    verificationKeys: published.verificationKeys,
    sign: async (claims) => signToken(await signingKey.get(), claims),
  }
}

/** The public keys, as a document for other services and as keys for this one. */
function createPublishedKeys(sql: Sql, graceSeconds: number) {
  let ends = new Map<string, number>()
  const published = createShortCache(async () => {
    const rows = await findPublishedKeys(sql, graceSeconds)
    const set: KeySet = { keys: rows.map(toPublicKey) }
    ends = keyEndsOf(set)
    return { set, find: createLocalJWKSet(set) }
  })
  const verificationKeys: VerificationKeys = Object.assign(
    async (...token: Parameters<VerificationKeys>) => (await published.get()).find(...token),
    {
      endOf: (kid: string) => ends.get(kid),
      refreshWhenOld: () => void published.get().catch(() => {}),
    },
  )
  return {
    verificationKeys,
    keySet: async () => (await published.get()).set,
    invalidate: published.invalidate,
  }
}

function signToken(
  { kid, key }: SigningKey,
  { memberId, sessionId, tokenId, lifeSeconds }: TokenClaims,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  return new SignJWT({ id: memberId, sid: sessionId })
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: TOKEN_TYPE })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(String(memberId))
    .setJti(tokenId)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + lifeSeconds)
    .sign(key)
}
