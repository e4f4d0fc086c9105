import type { Comment } from '@dailyfeed/contract/comment'
import { useDictionary } from '../language/language.ts'
import { Waiting } from '../layout/Waiting.tsx'
import { itemsOf, useScroll } from '../scroll/useScroll.ts'
import { CommentThread } from './CommentThread.tsx'
import { repliesKey } from './comments.ts'

/** Enough for most; a long quarrel must not push the next comment out of sight. */
const REPLIES_AT_ONCE = 5

/** Direct replies along their guide line. */
export function Replies({ parent }: { parent: Comment }) {
  const { comment, act } = useDictionary()
  const walk = useScroll<Comment>({
    key: repliesKey(parent.id),
    path: `/api/timeline/comments/${parent.id}/replies`,
    size: REPLIES_AT_ONCE,
  })
  const replies = itemsOf(walk.data)
  const rest = Math.max(parent.replyCount - replies.length, 1)
  return (
    <div className="replies">
      {walk.isPending && (
        <Waiting rows={Math.min(parent.replyCount, REPLIES_AT_ONCE)} shape="row" />
      )}
      {replies.map((reply) => (
        <CommentThread key={reply.id} comment={reply} />
      ))}
      {walk.isError ? (
        <p role="alert" className="replies-more">
          {comment.repliesFailed}{' '}
          <button
            type="button"
            className="text-button"
            onClick={() => void (walk.data === undefined ? walk.refetch() : walk.fetchNextPage())}
          >
            {act.tryAgain}
          </button>
        </p>
      ) : (
        walk.hasNextPage && (
          <button
            type="button"
            className="text-button replies-more"
            disabled={walk.isFetchingNextPage}
            onClick={() => void walk.fetchNextPage()}
          >
            {comment.moreReplies(rest)}
          </button>
        )
      )}
    </div>
  )
}
