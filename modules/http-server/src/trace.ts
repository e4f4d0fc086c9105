import { randomFillSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { REQUEST_ID } from '@dailyfeed/contract/headers'

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const NO_TRACE = '0'.repeat(32)
/** Printable and short, without characters that could end a log line or a header. */
const REQUEST_ID_FORM = /^[\w.:-]{1,128}$/

// Random bytes are fetched for many ids at once: a system call for each id costs as much as routing a request.
const pool = Buffer.alloc(4_096)
let used = pool.length

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}

/** The caller's W3C trace id, or a new one. */
export function traceIdOf(request: IncomingMessage): string {
  const given = request.headers['traceparent']
  const traceId = typeof given === 'string' ? TRACEPARENT.exec(given)?.[1] : undefined
  return traceId === undefined || traceId === NO_TRACE ? randomHex(16) : traceId
}

/** A `traceparent` for calls made on behalf of this trace. */
export const traceparentOf = (traceId: string) => `00-${traceId}-${randomHex(8)}-01`

/** The caller's request id if its form is harmless, or a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers[REQUEST_ID]
  return typeof given === 'string' && REQUEST_ID_FORM.test(given) ? given : randomHex(12)
}
