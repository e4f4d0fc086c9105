import type { Comment } from '@dailyfeed/contract/comment'
import { useQuery } from '@tanstack/react-query'
import { useDictionary } from '../language/language.ts'
import { onePageOf } from '../post/posts.ts'
import { itemsOf } from '../scroll/useScroll.ts'
import { call } from '../server/call.ts'
import { CommentThread } from './CommentThread.tsx'
import { oneCommentKey } from './comments.ts'

/** The comment that a notification or a search hit led to, wherever it stands in a long discussion. */
export function PointedComment({ commentId }: { commentId: number }) {
  const { comment } = useDictionary()
  const { data } = useQuery({
    queryKey: oneCommentKey(commentId),
    queryFn: async ({ signal }) =>
      onePageOf([await call<Comment>('GET', `/api/timeline/comments/${commentId}`, { signal })]),
    staleTime: Number.POSITIVE_INFINITY,
    // It may be deleted by now: then the discussion below is what there is.
    retry: false,
  })
  const [pointed] = itemsOf(data)
  if (pointed === undefined) return null
  return (
    <section className="card comments pointed" aria-labelledby="pointed-comment">
      <h2 id="pointed-comment">{comment.pointedAt}</h2>
      <CommentThread comment={pointed} />
    </section>
  )
}
