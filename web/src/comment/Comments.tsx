import type { Comment } from '@dailyfeed/contract/comment'
import { useQueryClient } from '@tanstack/react-query'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf, useScroll } from '../scroll/useScroll.ts'
import { CommentForm } from './CommentForm.tsx'
import { CommentThread } from './CommentThread.tsx'
import { createComment, topLevelKey } from './comments.ts'

const COMMENT_ESTIMATE = 130

/** The discussion below a post. */
export function Comments({ postId }: { postId: number }) {
  const { comment } = useDictionary()
  const client = useQueryClient()
  const walk = useScroll<Comment>({
    key: topLevelKey(postId),
    path: `/api/timeline/posts/${postId}/comments`,
  })
  const comments = itemsOf(walk.data)
  return (
    <section className="card comments" aria-labelledby="comments">
      <h2 id="comments">{comment.heading}</h2>
      <CommentForm
        label={comment.write}
        sendLabel={comment.send}
        sendingLabel={comment.sending}
        onSend={async (content, key) => {
          await createComment(client, { content, postId }, key)
          announce(comment.sent)
        }}
      />
      {walk.isPending ? (
        <Waiting shape="row" />
      ) : walk.data === undefined ? (
        <Problem error={walk.error} onRetry={() => void walk.refetch()} />
      ) : comments.length === 0 ? (
        <p className="comments-empty">{comment.empty}</p>
      ) : (
        <EndlessList
          name={`comments/${postId}`}
          label={comment.heading}
          items={comments}
          walk={walk}
          estimate={COMMENT_ESTIMATE}
          render={(each) => <CommentThread comment={each} />}
          end=" "
        />
      )}
    </section>
  )
}
