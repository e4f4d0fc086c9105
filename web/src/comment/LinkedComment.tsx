import type { Comment } from '@dailyfeed/contract/comment'
import { useQuery } from '@tanstack/react-query'
import { useDictionary } from '../language/language.ts'
import { itemsOf, onePageOf } from '../scroll/pages.ts'
import { call } from '../session/call.ts'
import { CommentThread } from './CommentThread.tsx'
import { oneCommentKey } from './comments.ts'

/** The comment that a notification or search result links to, shown above a discussion of any length. */
export function LinkedComment({ commentId }: { commentId: number }) {
  const { comment: t } = useDictionary()
  const { data } = useQuery({
    queryKey: oneCommentKey(commentId),
    queryFn: async ({ signal }) =>
      onePageOf([await call<Comment>('GET', `/api/timeline/comments/${commentId}`, { signal })]),
    staleTime: Number.POSITIVE_INFINITY,
    // The comment may have been deleted; then only the discussion below is shown.
    retry: false,
  })
  const [comment] = itemsOf(data)
  if (comment === undefined) return null
  return (
    <section className="card comments linked-comment" aria-labelledby="linked-comment">
      <h2 id="linked-comment">{t.linked}</h2>
      <CommentThread comment={comment} />
    </section>
  )
}
