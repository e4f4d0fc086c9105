import { randomFillSync } from 'node:crypto'

// Random bytes are fetched and written as text for many ids at once: a system call for each id costs
// as much as routing a request.
const bytes = Buffer.alloc(4_096)
let text = ''
let used = 0

/** Returns as many random hexadecimal digits. */
export function randomHex(digits: number): string {
  if (used + digits > text.length) {
    randomFillSync(bytes)
    text = bytes.toString('hex')
    used = 0
  }
  used += digits
  return text.slice(used - digits, used)
}
