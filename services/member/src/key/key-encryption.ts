import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM under a key derived from the secret: nonce, tag, ciphertext. The kid is bound in, so that rows cannot be swapped. */
export function encryptKey(secret: string, kid: string, plain: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', derive(secret), nonce).setAAD(Buffer.from(kid))
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** Throws when the secret is another, or the bytes were changed. */
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
