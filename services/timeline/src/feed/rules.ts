import type { AuthorRow } from './hydration.queries.ts'

/** Whether posts of an author are shown to the viewer for whom the row was read. Undefined: the author no longer exists. */
export type Rule = (author: AuthorRow | undefined) => author is AuthorRow

/** For what is requested by id. */
export const isVisible: Rule = (author): author is AuthorRow => author?.visible === true

/** For feeds, which also leave out authors whom the viewer mutes. */
export const isVisibleInFeeds: Rule = (author): author is AuthorRow =>
  isVisible(author) && !author.muted
