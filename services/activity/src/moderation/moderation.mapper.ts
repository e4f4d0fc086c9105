import type { BlockedTerms } from './blocked-terms.ts'
import type { ModerationItem } from './moderation-item.ts'
import type { ModerationItemRow } from './moderation-read.queries.ts'

/** In code points. */
const MAX_LENGTH_BEFORE_TERM = 60
const MAX_EXCERPT_LENGTH = 200

export const toModerationItem = (
  row: ModerationItemRow,
  blockedTerms: BlockedTerms,
): ModerationItem => ({
  id: row.id,
  kind: row.kind,
  postId: row.post_id,
  commentId: row.kind === 'COMMENT' ? row.content_id : null,
  authorId: row.author_id,
  terms: row.terms,
  excerpt: excerptOf(row.text ?? '', blockedTerms),
  version: row.version,
  status: row.status,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** The text around the first term; its beginning where an edit has removed all terms. */
function excerptOf(original: string, blockedTerms: BlockedTerms): string {
  const { text, index } = blockedTerms.findIn(original) ?? { text: original, index: 0 }
  const before = Array.from(text.slice(0, index))
  const from = Math.max(0, before.length - MAX_LENGTH_BEFORE_TERM)
  const rest = Array.from(text).slice(from)
  const excerpt = rest.slice(0, MAX_EXCERPT_LENGTH).join('').trim()
  return `${from > 0 ? '…' : ''}${excerpt}${rest.length > MAX_EXCERPT_LENGTH ? '…' : ''}`
}
