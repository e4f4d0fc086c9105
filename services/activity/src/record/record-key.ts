import { MESSAGE_KEY_PREFIX } from '@dailyfeed/contract/message-key'

/** A message key as it is kept: without the prefix that all of them share, which would be a tenth of the table. */
export const recordKeyOf = (messageKey: string): string =>
  messageKey.startsWith(MESSAGE_KEY_PREFIX)
    ? messageKey.slice(MESSAGE_KEY_PREFIX.length)
    : messageKey
