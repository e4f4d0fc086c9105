import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import type { FastifyReply } from 'fastify'
import { answerTooLarge } from './answer-size.ts'
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
 * Answers with the success envelope around `data`, for a route whose answer may come from a cache. Raw JSON leaves in one
 * write with the headers of the raw answer; headers of `reply.header`, `onSend` hooks and the response schema do not
 * apply to it (docs/decisions/0027-cached-answers-leave-in-one-write.md).
 */
export function answer<Data>(
  reply: FastifyReply,
  data: Data | RawJson<Data>,
): Success<Data> | FastifyReply {
  if (!(data instanceof RawJson)) return success(200, data)
  if (data.latin1.length > MAX_ANSWER_BYTES) throw answerTooLarge()
  const json = `{"status":200,"result":"SUCCESS","data":${data.latin1}}`
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': json.length,
  })
  reply.raw.end(json, 'latin1')
  return reply
}
