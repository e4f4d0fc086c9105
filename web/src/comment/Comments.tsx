import type { Comment } from '@dailyfeed/contract/comment'
import { useQueryClient } from '@tanstack/react-query'
import { useDictionary } from '../language/language.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { useScroll } from '../scroll/useScroll.ts'
import { announce } from '../ui/announce.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { CommentForm } from './CommentForm.tsx'
import { CommentThread } from './CommentThread.tsx'
import { createComment, topLevelKey } from './comments.ts'

const COMMENT_ESTIMATE = 130

/** The discussion below a post. The list renders when `isReady`; links may scroll to the heading before that. */
export function Comments({ postId, isReady }: { postId: number; isReady: boolean }) {
  const { comment: t } = useDictionary()
  const client = useQueryClient()
  return (
    <section className="card comments" aria-labelledby="comments">
      <h2 id="comments">{t.heading}</h2>
      <CommentForm
        label={t.write}
        submitLabel={t.send}
        pendingLabel={t.sending}
        onSubmit={async (content, idempotencyKey) => {
          await createComment(client, { content, postId }, idempotencyKey)
          announce(t.sent)
        }}
      />
      {isReady ? <CommentList postId={postId} /> : <Skeleton shape="row" />}
    </section>
  )
}

function CommentList({ postId }: { postId: number }) {
  const { comment: t } = useDictionary()
  const query = useScroll<Comment>({
    key: topLevelKey(postId),
    path: `/api/timeline/posts/${postId}/comments`,
  })
  if (query.isPending) return <Skeleton shape="row" />
  if (query.data === undefined)
    return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  const comments = itemsOf(query.data)
  if (comments.length === 0) return <p className="comments-empty">{t.empty}</p>
  return (
    <EndlessList
      id={`comments/${postId}`}
      label={t.heading}
      items={comments}
      query={query}
      estimate={COMMENT_ESTIMATE}
      render={(each) => <CommentThread comment={each} />}
      end=" "
    />
  )
}
