import { createHash } from 'node:crypto'

/** The same for failures of one cause: the numbers in a message differ from event to event. */
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
