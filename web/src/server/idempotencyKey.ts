/** `crypto.randomUUID` is missing on plain HTTP. */
const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/** One idempotency key per text, so that a retry after a lost response does not publish the text twice. */
export function createKeyPerText() {
  let last = { text: '', key: '' }
  return {
    keyFor(text: string): string {
      if (last.key === '' || last.text !== text) last = { text, key: newIdempotencyKey() }
      return last.key
    },
    /** After a success, the same text is a new post or comment. */
    reset() {
      last = { text: '', key: '' }
    },
  }
}
