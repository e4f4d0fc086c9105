import type { NewEventOf, WrittenEvent } from '@dailyfeed/outbox/outbox'
import type { ChangedCommentRow } from './comment.queries.ts'

export const subjectOf = (row: ChangedCommentRow) => ({
  memberId: row.author_id,
  postId: row.post_id,
  commentId: row.id,
})

export const versionOf = (row: ChangedCommentRow) => ({
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** One COMMENT_DELETE for each deleted comment, in the name of its own author. */
export const deletionEventsOf = (
  deleted: readonly ChangedCommentRow[],
  newEventOf: NewEventOf,
  traceparent: string,
): WrittenEvent[] =>
  deleted.map((row) => {
    const subject = subjectOf(row)
    return {
      ...newEventOf('COMMENT_DELETE', { ...subject, traceparent }),
      ...subject,
      ...versionOf(row),
    }
  })
