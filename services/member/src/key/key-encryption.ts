import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts by AES-256-GCM with a key derived from the secret. Returns nonce, tag and ciphertext. The
 * kid is authenticated too, so that the private keys of two rows cannot be swapped.
 */
export function encryptKey(secret: string, kid: string, plain: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', derive(secret), nonce).setAAD(Buffer.from(kid))
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** Throws when the bytes were encrypted with another secret or for another kid, or were changed. */
export function decryptKey(secret: string, kid: string, bytes: Buffer): string {
  const decipher = createDecipheriv(
    'aes-256-gcm',
    derive(secret),
    bytes.subarray(0, NONCE_BYTES),
  ).setAAD(Buffer.from(kid))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([
    decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
    decipher.final(),
  ]).toString('utf8')
}

const derive = (secret: string) =>
  Buffer.from(hkdfSync('sha256', secret, '', 'dailyfeed signing keys', 32))
