import type { Comment } from '@dailyfeed/contract/comment'
import { MAX_COMMENT_DEPTH } from '@dailyfeed/contract/limits'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Byline } from '../member/Byline.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { useScroll } from '../scroll/useScroll.ts'
import { announce } from '../ui/announce.ts'
import { DeleteDialog } from '../ui/DeleteDialog.tsx'
import { useFocusOnClose } from '../ui/focus.ts'
import { LinkedText } from '../ui/LinkedText.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { CommentForm } from './CommentForm.tsx'
import { type CommentMode, CommentTools } from './CommentTools.tsx'
import { createComment, deleteComment, repliesKey, updateComment } from './comments.ts'

/** A comment and its replies. */
export function CommentThread({ comment }: { comment: Comment }) {
  const dictionary = useDictionary()
  const { comment: t } = dictionary
  const client = useQueryClient()
  const nameId = useId()
  const [mode, setMode] = useState<CommentMode>('READING')
  const editButton = useFocusOnClose(mode === 'EDITING')
  const replyButton = useFocusOnClose(mode === 'REPLYING')
  const read = () => setMode('READING')
  return (
    <article className="comment" aria-labelledby={nameId}>
      <h3 id={nameId} className="visually-hidden">
        {t.by(comment.authorName)}
      </h3>
      <Byline
        name={comment.authorName}
        handle={comment.authorHandle}
        avatarUrl={comment.authorAvatarUrl}
        instant={comment.createdAt}
        isEdited={comment.updatedAt !== comment.createdAt}
        avatarSize={comment.depth === 0 ? 36 : 30}
      />
      <div className="comment-body">
        {mode === 'EDITING' ? (
          <CommentForm
            label={t.content}
            submitLabel={dictionary.action.save}
            pendingLabel={dictionary.action.saving}
            initial={comment.content}
            autoFocus
            onSubmit={async (content) => {
              await updateComment(client, comment.id, content)
              announce(t.updated)
              read()
            }}
            onCancel={read}
          />
        ) : (
          <LinkedText text={comment.content} />
        )}
        <CommentTools
          comment={comment}
          mode={mode}
          setMode={setMode}
          editButton={editButton}
          replyButton={replyButton}
        />
        {mode === 'REPLYING' && <ReplyForm parent={comment} onClose={read} />}
      </div>
      {comment.replyCount > 0 && comment.depth < MAX_COMMENT_DEPTH && <Replies parent={comment} />}
      {mode === 'DELETING' && (
        <DeleteDialog
          question={t.deleteQuestion}
          consequence={t.deleteConsequence}
          onConfirm={async () => {
            await deleteComment(client, comment)
            announce(t.deleted)
          }}
          onClose={read}
        />
      )}
    </article>
  )
}

function ReplyForm({ parent, onClose }: { parent: Comment; onClose: () => void }) {
  const { comment: t } = useDictionary()
  const client = useQueryClient()
  return (
    <CommentForm
      label={t.writeReply(parent.authorName)}
      submitLabel={t.sendReply}
      pendingLabel={t.sending}
      autoFocus
      onSubmit={async (content, idempotencyKey) => {
        const reply = { content, postId: parent.postId, parentId: parent.id }
        await createComment(client, reply, idempotencyKey)
        announce(t.replySent)
        onClose()
      }}
      onCancel={onClose}
    />
  )
}

/** Enough for most comments; more would push the next comment far down. */
const REPLIES_PER_PAGE = 5

/** The direct replies, indented along a guide line. */
function Replies({ parent }: { parent: Comment }) {
  const { comment: t, action } = useDictionary()
  const query = useScroll<Comment>({
    key: repliesKey(parent.id),
    path: `/api/timeline/comments/${parent.id}/replies`,
    size: REPLIES_PER_PAGE,
  })
  const replies = itemsOf(query.data)
  const remaining = Math.max(parent.replyCount - replies.length, 1)
  return (
    <div className="replies">
      {query.isPending && (
        <Skeleton rows={Math.min(parent.replyCount, REPLIES_PER_PAGE)} shape="row" />
      )}
      {replies.map((reply) => (
        <CommentThread key={reply.id} comment={reply} />
      ))}
      {query.isError ? (
        <p role="alert" className="replies-more">
          {t.repliesFailed}{' '}
          <button
            type="button"
            className="text-button"
            onClick={() =>
              void (query.data === undefined ? query.refetch() : query.fetchNextPage())
            }
          >
            {action.tryAgain}
          </button>
        </p>
      ) : (
        query.hasNextPage && (
          <button
            type="button"
            className="text-button replies-more"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t.moreReplies(remaining)}
          </button>
        )
      )}
    </div>
  )
}
