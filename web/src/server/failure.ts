import { ERRORS, type ErrorCode } from '@dailyfeed/contract/errors'
import { currentLanguage, type Dictionary, type Language } from '../language/language.ts'

export interface FieldError {
  field: string
  message: string
}

/** What the server refused with, or why it was not reached. */
export class Failure extends Error {
  override name = 'Failure'
  /** 0 where no answer came. */
  readonly status: number
  readonly code: string
  readonly fieldErrors: readonly FieldError[]
  /** The language that the server's sentence is in: the page may have changed its own since. */
  readonly language: Language = currentLanguage()

  constructor(code: string, status: number, message = '', fieldErrors: readonly FieldError[] = []) {
    super(message)
    this.code = code
    this.status = status
    this.fieldErrors = fieldErrors
  }
}

export const isFailure = (error: unknown, code?: ErrorCode): error is Failure =>
  error instanceof Failure && (code === undefined || error.code === code)

/** A try again may help: nothing was decided. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Failure && (error.status === 0 || error.status >= 500)

/** One sentence that a person understands, in the page's language. */
export function sentenceOf(error: unknown, dictionary: Dictionary): string {
  if (!(error instanceof Failure)) return dictionary.failure.unexpected
  if (error.status === 0)
    return navigator.onLine ? dictionary.failure.unreachable : dictionary.failure.offline
  if (error.message !== '' && error.language === currentLanguage()) return error.message
  if (error.code in ERRORS) return ERRORS[error.code as ErrorCode][currentLanguage()]
  return error.status >= 500 ? dictionary.failure.server : dictionary.failure.unexpected
}

/** The server's sentence for each field of a form, by the field's name. */
export function fieldSentencesOf(error: unknown): Record<string, string> {
  if (!(error instanceof Failure)) return {}
  return Object.fromEntries(
    error.fieldErrors.map(({ field, message }) => [field.replace(/^\//, ''), message]),
  )
}
