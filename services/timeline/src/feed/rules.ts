import type { AuthorRow } from './hydration.queries.ts'

/** Judges an author as the viewer stands to them; undefined is an author who no longer exists. */
export type Rule = (author: AuthorRow | undefined) => author is AuthorRow

/** What the viewer may see: nobody's who has withdrawn, blocks or is blocked, or keeps their posts from the viewer. */
export const isVisible: Rule = (author): author is AuthorRow => author?.visible === true

/** In feeds the viewer is also spared those whom they have muted. */
export const isWanted: Rule = (author): author is AuthorRow => isVisible(author) && !author.muted
