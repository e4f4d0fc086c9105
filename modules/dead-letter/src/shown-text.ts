/** Bytes of an event, and code units of each other text of a dead letter, that an answer shows. */
export const MAX_SHOWN = 65_536
/** Code units of the message in a list of groups. */
export const MAX_SHOWN_MESSAGE = 500

/** The beginning of a text; a cut text ends in `…`. */
export const shownText = (text: string, max = MAX_SHOWN): string =>
  text.length <= max ? text : `${text.slice(0, max).toWellFormed()}…`
