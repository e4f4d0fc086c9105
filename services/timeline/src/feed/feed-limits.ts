/** Feeds are served this far by `page`; a cursor goes to the very end. */
export const MAX_PAGED_ITEMS = 800
