import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'

/** Bytes of the envelope, the page and its totals around the content, with room to spare. */
const ENVELOPE_BYTES = 4_096

/** Bytes of JSON that the content of a page may have. */
export const MAX_CONTENT_BYTES = MAX_ANSWER_BYTES - ENVELOPE_BYTES

/** Escaped as \u0001, one code unit has six bytes. */
const MAX_BYTES_OF_UNIT = 6
/** Numbers, punctuation and the names of properties, per property. */
const MAX_BYTES_OF_PROPERTY = 64

/** The first of these items whose JSON has at most `maxBytes` together; at least one, so that a list goes on. */
export function countWithin(items: readonly unknown[], maxBytes: number): number {
  if (maxBytes === Number.POSITIVE_INFINITY) return items.length
  // Pages are small as a rule: an upper bound then saves writing them twice.
  if (sumOf(items, maxBytesOf) <= maxBytes) return items.length
  let bytes = 0
  for (const [index, item] of items.entries()) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1
    if (bytes > maxBytes && index > 0) return index
  }
  return items.length
}

function maxBytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length * MAX_BYTES_OF_UNIT + MAX_BYTES_OF_PROPERTY
  if (typeof value !== 'object' || value === null) return MAX_BYTES_OF_PROPERTY
  return MAX_BYTES_OF_PROPERTY + sumOf(Object.values(value), maxBytesOf)
}

function sumOf(values: readonly unknown[], bytesOf: (value: unknown) => number): number {
  let sum = 0
  for (const value of values) sum += bytesOf(value)
  return sum
}
