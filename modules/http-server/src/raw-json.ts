import type { FastifyReply } from 'fastify'
import { type Success, success } from './envelope.ts'

/** Data that is JSON already: the bytes of its UTF-8, each byte one character of a Latin-1 string. */
export class RawJson<Data> {
  readonly latin1: string
  /** Exists for the compiler: raw JSON of posts is no raw JSON of comments. */
  declare readonly data: Data

  constructor(latin1: string) {
    this.latin1 = latin1
  }
}

/**
 * The success envelope around `data`, for a route whose answer may come from a cache. Raw JSON is sent at once, and then
 * the result is undefined, which a handler returns like any other.
 */
export function answer<Data>(
  reply: FastifyReply,
  data: Data | RawJson<Data>,
): Success<Data> | undefined {
  if (!(data instanceof RawJson)) return success(200, data)
  sendRawJson(reply, `{"status":200,"result":"SUCCESS","data":${data.latin1}}`)
  return undefined
}

/**
 * Sends the bytes in one write with the headers, and encodes and measures nothing again. Fastify's own way costs more
 * than a tenth of a cached page (docs/decisions/0027-raw-json.md), so that this one is taken: headers that were set with
 * `reply.header` are sent, but `onSend` hooks do not run.
 */
function sendRawJson(reply: FastifyReply, latin1: string): void {
  const { raw } = reply
  const headers = reply.getHeaders()
  reply.hijack()
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.setHeader('content-type', 'application/json; charset=utf-8')
  raw.setHeader('content-length', latin1.length)
  raw.end(latin1, 'latin1')
}
