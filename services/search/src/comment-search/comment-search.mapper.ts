import type { CommentHit } from '@dailyfeed/contract/comment'
import { toComment } from '@dailyfeed/post-row/comment-row'
import type { CommentHitRow } from './comment-search.queries.ts'

export const toCommentHit = (row: CommentHitRow): CommentHit => ({
  ...toComment(row),
  postTitle: row.post_title,
})
