import type { BlockedTerms } from './blocked-terms.ts'
import type { ModerationItem } from './moderation-item.ts'
import type { ModerationItemRow } from './moderation-read.queries.ts'

/** Letters shown before the first term, and all in all. */
const LETTERS_BEFORE = 60
const EXCERPT_LETTERS = 200

export const toModerationItem = (
  row: ModerationItemRow,
  blockedTerms: BlockedTerms,
): ModerationItem => ({
  id: row.id,
  kind: row.kind,
  postId: row.post_id,
  commentId: row.kind === 'COMMENT' ? row.thing_id : null,
  authorId: row.author_id,
  terms: row.terms,
  excerpt: excerptOf(row.text ?? '', blockedTerms),
  version: row.version,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** From the beginning where the text was edited meanwhile and has none of the terms any more. */
function excerptOf(original: string, blockedTerms: BlockedTerms): string {
  const { text, place } = blockedTerms.findIn(original) ?? { text: original, place: 0 }
  const before = Array.from(text.slice(0, place))
  const from = Math.max(0, before.length - LETTERS_BEFORE)
  const letters = Array.from(text).slice(from)
  const excerpt = letters.slice(0, EXCERPT_LETTERS).join('').trim()
  return `${from > 0 ? '…' : ''}${excerpt}${letters.length > EXCERPT_LETTERS ? '…' : ''}`
}
