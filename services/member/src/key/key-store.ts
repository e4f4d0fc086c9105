import { randomUUID } from 'node:crypto'
import {
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  TOKEN_TYPE,
} from '@dailyfeed/access-token/access-token'
import { keyEndsOf, type VerificationKeys } from '@dailyfeed/access-token/token-verifier'
import {
  createLocalJWKSet,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from 'jose'
import type { Sql } from 'postgres'
import {
  countNextKeys,
  deleteOldKeys,
  findPrimaryKey,
  findPublishedKeys,
  findRipeKey,
  insertNextKey,
  insertPrimaryKey,
  lockRotation,
  type NewKey,
  type PrimaryKeyRow,
  promote,
} from './key.queries.ts'
import { decryptKey, encryptKey } from './key-encryption.ts'

interface KeyStoreOptions {
  sql: Sql
  encryptionKey: string
  /** How long a retired key is accepted. */
  graceSeconds: number
  /** How long verifiers keep the key set: a key signs only after it has been published that long. */
  publishSeconds: number
}

/** `exp` of a retired key: until when its tokens are accepted. */
export interface KeySet extends JSONWebKeySet {
  keys: (JWK & { exp?: number })[]
}

export interface KeyStore {
  /** `jwtKeyInitJob`: makes the first signing key where there is none. Returns whether it did; throws when the key that signs cannot be decrypted. */
  initialise(): Promise<boolean>
  /** `jwtKeyRotationJob`: next → primary → retired, and a new next. */
  rotate(): Promise<'ROTATED' | 'NOT_YET'>
  deleteOld(): Promise<number>
  /** Public members only. */
  keySet(): Promise<KeySet>
  /** For this service's own verifier. */
  verificationKeys: VerificationKeys
  sign(claims: TokenClaims): Promise<string>
}

export interface TokenClaims {
  memberId: number
  sessionId: string
  tokenId: string
  lifeSeconds: number
}

/** So that a key that another instance made or retired is known here soon. */
const REMEMBER_MILLISECONDS = 2_000

export function createKeyStore({
  sql,
  encryptionKey,
  graceSeconds,
  publishSeconds,
}: KeyStoreOptions): KeyStore {
  const signingKey = remember(async () => {
    const row = await findPrimaryKey(sql)
    if (row === undefined) throw new Error('there is no signing key; run jwtKeyInitJob')
    return { kid: row.kid, key: await importPKCS8(openOrThrow(row), TOKEN_ALGORITHM) }
  })
  let ends = new Map<string, number>()
  const published = remember(async () => {
    const rows = await findPublishedKeys(sql, graceSeconds)
    const set: KeySet = {
      keys: rows.map(({ kid, public_jwk, accepted_until }) => ({
        ...public_jwk,
        kid,
        alg: TOKEN_ALGORITHM,
        use: 'sig',
        ...(accepted_until === null ? {} : { exp: accepted_until }),
      })),
    }
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

  function openOrThrow({ kid, private_key }: PrimaryKeyRow): string {
    try {
      return decryptKey(encryptionKey, kid, private_key)
    } catch (cause) {
      throw new Error(
        'the signing key in the database was encrypted with another JWT_KEY_ENCRYPTION_KEY',
        { cause },
      )
    }
  }

  async function makeKey(): Promise<NewKey> {
    const { publicKey, privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true })
    const kid = randomUUID()
    return {
      kid,
      publicJwk: await exportJWK(publicKey),
      privateKey: encryptKey(encryptionKey, kid, await exportPKCS8(privateKey)),
    }
  }

  function forget(): void {
    signingKey.forget()
    published.forget()
  }

  return {
    async initialise() {
      const signing = await findPrimaryKey(sql)
      if (signing !== undefined) {
        openOrThrow(signing)
        return false
      }
      const isOurs = await insertPrimaryKey(sql, await makeKey())
      forget()
      return isOurs
    },

    async rotate() {
      const outcome = await sql.begin(async (begun) => {
        const transaction = begun as unknown as Sql
        await lockRotation(transaction)
        // Verifiers may have read this store's memory of the set, too.
        const ripe = await findRipeKey(transaction, publishSeconds + REMEMBER_MILLISECONDS / 1_000)
        if (ripe !== undefined) await promote(transaction, ripe)
        if ((await countNextKeys(transaction)) === 0)
          await insertNextKey(transaction, await makeKey())
        return ripe === undefined ? ('NOT_YET' as const) : ('ROTATED' as const)
      })
      forget()
      return outcome
    },

    deleteOld: () => deleteOldKeys(sql, graceSeconds),
    keySet: async () => (await published.get()).set,
    verificationKeys,

    async sign({ memberId, sessionId, tokenId, lifeSeconds }) {
      const { kid, key } = await signingKey.get()
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
    },
  }
}

/** The last answer for a short while; a failure is not remembered. */
function remember<T>(load: () => Promise<T>) {
  let known: { value: Promise<T>; until: number } | undefined
  return {
    get(): Promise<T> {
      if (known === undefined || known.until < performance.now()) {
        const value = load()
        known = { value, until: performance.now() + REMEMBER_MILLISECONDS }
        value.catch(() => {
          known = undefined
        })
      }
      return known.value
    },
    forget(): void {
      known = undefined
    },
  }
}
