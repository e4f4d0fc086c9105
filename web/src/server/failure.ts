import { ERRORS, type ErrorCode, type Language } from '@dailyfeed/contract/errors'
import type { Dictionary } from '../language/dictionary.ts'

export interface FieldError {
  field: string
  message: string
}

interface FailureDetails {
  message?: string
  fieldErrors?: readonly FieldError[]
  /** The language of `message`: the page may have changed its own since. */
  language?: Language
}

/** A request that the server refused or that did not reach it. */
export class Failure extends Error {
  override name = 'Failure'
  /** The HTTP status; 0 when no response arrived. */
  readonly status: number
  readonly code: string
  readonly fieldErrors: readonly FieldError[]
  readonly language: Language | undefined

  constructor(
    code: string,
    status: number,
    { message = '', fieldErrors = [], language }: FailureDetails = {},
  ) {
    super(message)
    this.code = code
    this.status = status
    this.fieldErrors = fieldErrors
    this.language = language
  }
}

export const isErrorCode = (code: string): code is ErrorCode => code in ERRORS

export const isFailure = (error: unknown, code?: ErrorCode): error is Failure =>
  error instanceof Failure && (code === undefined || error.code === code)

/** Whether a retry may succeed: there was no response, or the server failed. */
export const isTransient = (error: unknown): boolean =>
  error instanceof Failure && (error.status === 0 || error.status >= 500)

/**
 * Runs `work`. A failure with `code` counts as success: another tab, or an earlier request whose response was lost, has
 * reached the same state already.
 */
export async function ignoreFailure(code: ErrorCode, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isFailure(error, code)) throw error
  }
}

/** The message for the member, in the language of `dictionary`. */
export function messageFor(error: unknown, { failure, language }: Dictionary): string {
  if (!(error instanceof Failure)) return failure.unexpected
  if (error.status === 0) return navigator.onLine ? failure.unreachable : failure.offline
  if (error.message !== '' && error.language === language) return error.message
  if (isErrorCode(error.code)) return ERRORS[error.code][language]
  return error.status >= 500 ? failure.server : failure.unexpected
}

/** The server's messages for the fields of a form, by field name. */
export function fieldMessagesOf(error: unknown): Record<string, string> {
  if (!(error instanceof Failure)) return {}
  return Object.fromEntries(
    error.fieldErrors.map(({ field, message }) => [field.replace(/^\//, ''), message]),
  )
}
