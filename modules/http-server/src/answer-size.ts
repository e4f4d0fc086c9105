import { ValidationError } from '@dailyfeed/contract/errors'
import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import type { HttpServer } from './http-server.ts'

/** A code unit of text has at most three bytes in UTF-8. */
const MAX_BYTES_OF_UNIT = 3

/**
 * Refuses to send JSON of more than 2 MiB, on every route: a slow client would hold it in memory. Routes bound what they
 * load by themselves; this catches the rest. Streams, such as images, are not measured.
 */
export function refuseLargeAnswers(app: HttpServer): void {
  app.addHook('onSend', (_request, _reply, payload, done) => {
    if (typeof payload === 'string' && isTooLarge(payload)) done(answerTooLarge())
    else done()
  })
}

const isTooLarge = (json: string): boolean =>
  json.length * MAX_BYTES_OF_UNIT > MAX_ANSWER_BYTES && Buffer.byteLength(json) > MAX_ANSWER_BYTES

/** Nothing is left out of an answer in silence: its client asks for less, or goes on by cursor. */
export const answerTooLarge = () =>
  new ValidationError([
    {
      field: 'size',
      ko: '응답이 2 MiB를 넘습니다. 한 번에 더 적은 항목을 요청해 주세요.',
      en: 'The answer would be larger than 2 MiB. Please ask for fewer items at once.',
    },
  ])
