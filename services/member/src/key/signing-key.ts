import { randomUUID } from 'node:crypto'
import { TOKEN_ALGORITHM } from '@dailyfeed/access-token/access-token'
import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8 } from 'jose'
import type { NewKey, PrimaryKeyRow } from './key.queries.ts'
import { decryptKey, encryptKey } from './key-encryption.ts'

export async function createKey(encryptionKey: string): Promise<NewKey> {
  const { publicKey, privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true })
  const { kty, crv = '', x = '' } = await exportJWK(publicKey)
  const kid = randomUUID()
  return {
    kid,
    publicJwk: { kty: kty ?? 'OKP', crv, x },
    privateKey: encryptKey(encryptionKey, kid, await exportPKCS8(privateKey)),
  }
}

export interface SigningKey {
  kid: string
  key: CryptoKey
}

/** Throws an Error when the key was encrypted with another JWT_KEY_ENCRYPTION_KEY. */
export async function openKeyOrThrow(
  encryptionKey: string,
  row: PrimaryKeyRow,
): Promise<SigningKey> {
  return {
    kid: row.kid,
    key: await importPKCS8(decryptOrThrow(encryptionKey, row), TOKEN_ALGORITHM),
  }
}

function decryptOrThrow(encryptionKey: string, { kid, private_key }: PrimaryKeyRow): string {
  try {
    return decryptKey(encryptionKey, kid, private_key)
  } catch (cause) {
    throw new Error(
      'the signing key in the database was encrypted with another JWT_KEY_ENCRYPTION_KEY',
      { cause },
    )
  }
}
