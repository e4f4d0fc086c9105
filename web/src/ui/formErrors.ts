import type { ErrorCode } from '@dailyfeed/contract/errors'
import type { Dictionary } from '../language/dictionary.ts'
import { fieldMessagesOf, isErrorCode, isFailure, messageFor } from '../server/failure.ts'

export interface FormErrors {
  /** Messages by field name. */
  fields: Record<string, string>
  /** A message for the whole form, when no field has one. */
  message: string | undefined
}

/**
 * Errors of a submission. `fieldOfCode` assigns error codes to the field that they are about, since the server names a
 * field only in validation errors.
 */
export function formErrorsOf(
  error: unknown,
  dictionary: Dictionary,
  fieldOfCode: Partial<Record<ErrorCode, string>> = {},
): FormErrors {
  if (error === null || error === undefined) return { fields: {}, message: undefined }
  const message = messageFor(error, dictionary)
  const fields = fieldMessagesOf(error)
  const code = isFailure(error) && isErrorCode(error.code) ? error.code : undefined
  const field = code && fieldOfCode[code]
  if (field !== undefined) fields[field] = message
  return { fields, message: Object.keys(fields).length === 0 ? message : undefined }
}
