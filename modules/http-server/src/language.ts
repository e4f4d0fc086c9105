import type { IncomingMessage } from 'node:http'
import type { Language } from '@dailyfeed/contract/errors'
import Negotiator from 'negotiator'

/** Language of messages: Korean without Accept-Language, for `*`, and where neither Korean nor English is accepted. */
export function languageOf(request: IncomingMessage): Language {
  const accepted = request.headers['accept-language']
  if (accepted === undefined || accepted.trim() === '*') return 'ko'
  return new Negotiator(request).language(['ko', 'en']) === 'en' ? 'en' : 'ko'
}
