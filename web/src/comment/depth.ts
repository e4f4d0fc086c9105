/** Levels 0, 1, 2, as MAX_COMMENT_DEPTH of the contract, whose file would bring its schemas into the page. */
export const MAX_COMMENT_DEPTH = 2
