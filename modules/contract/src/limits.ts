// Limits of the contract as plain constants, without schemas, so that a client can enforce them
// before it sends a request.

/** Texts: Unicode code points. */
export const MAX_POST_TITLE_LENGTH = 100
export const MAX_POST_CONTENT_LENGTH = 5_000
export const MAX_COMMENT_LENGTH = 1_000
export const MAX_BIO_LENGTH = 1_000
export const MAX_KEYWORD_LENGTH = 200
/** After normalisation, which composes decomposed Hangul and takes compatibility characters apart. */
export const MAX_NORMALISED_KEYWORD_LENGTH = 100

/** Levels 0, 1 and 2: a comment, a reply, and a reply to a reply. */
export const MAX_COMMENT_DEPTH = 2

export const MAX_IMAGE_BYTES = 10 * 1024 * 1024

/** Lists. */
export const MAX_PAGE_SIZE = 100
export const DEFAULT_PAGE_SIZE = 20
/** Items of a list that page numbers reach, and that totals count; a cursor goes on to the end of the list. */
export const MAX_ITEMS_BY_PAGE = 10_000

/** Bytes of an answer in JSON. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024

export const MAX_FOLLOWINGS = 1_000
/** Ids in one request for profiles. */
export const MAX_MEMBER_IDS = 1_000
