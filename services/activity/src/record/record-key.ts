import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'

/**
 * A message key as it is stored: without the prefix of all keys, which would be a tenth of the
 * table.
 */
export const recordKeyOf = (messageKey: string): string =>
  messageKey.startsWith(MESSAGE_KEY_PREFIX)
    ? messageKey.slice(MESSAGE_KEY_PREFIX.length)
    : messageKey
