import { createHash } from 'node:crypto'

/** Equal for failures of one cause: numbers are left out, since they differ from event to event. */
export const fingerprintOf = (
  schema: string,
  step: string,
  errorClass: string,
  message: string,
): string =>
  createHash('sha256')
    .update(`${schema} ${step} ${errorClass} ${message.replaceAll(/\d+/g, '#')}`)
    .digest('hex')
    .slice(0, 16)
