import type { FastifyReply } from 'fastify'
import { type Success, success } from './envelope.ts'

/** Data that is JSON already: the bytes of its UTF-8, each byte one character of a Latin-1 string. */
export class RawJson<Data> {
  readonly latin1: string
  /** Exists for the compiler alone: raw JSON of a post is no raw JSON of a comment. */
  declare readonly data: Data

  constructor(latin1: string) {
    this.latin1 = latin1
  }
}

/**
 * The success envelope around `data`, for a route whose answer may come from a cache. Raw JSON is sent at once, past the
 * response schema, and then the result is undefined, which the handler returns like any other. Hooks and headers apply
 * as to every answer (docs/decisions/0027-cached-answers.md).
 */
export function answer<Data>(
  reply: FastifyReply,
  data: Data | RawJson<Data>,
): Success<Data> | FastifyReply {
  if (!(data instanceof RawJson)) return success(200, data)
  const json = `{"status":200,"result":"SUCCESS","data":${data.latin1}}`
  return reply.type('application/json; charset=utf-8').send(Buffer.from(json, 'latin1'))
}
