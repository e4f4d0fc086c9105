import type { Comment } from '@dailyfeed/contract/comment'
import { MAX_COMMENT_DEPTH } from '@dailyfeed/contract/limits'
import { useQueryClient } from '@tanstack/react-query'
import type { RefObject } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { LikeButton } from '../post/LikeButton.tsx'
import { useLikeFailure } from '../post/useLikeFailure.ts'
import { useMe } from '../session/me.ts'
import { EditAndDelete } from '../ui/EditAndDelete.tsx'
import { likeComment } from './comments.ts'

export type CommentMode = 'READING' | 'EDITING' | 'DELETING' | 'REPLYING'

interface CommentToolsProps {
  comment: Comment
  mode: CommentMode
  setMode: (mode: CommentMode) => void
  editButton: RefObject<HTMLButtonElement | null>
  replyButton: RefObject<HTMLButtonElement | null>
}

/** The buttons below a comment: like, reply, and on the member's own comments edit and delete. */
export function CommentTools({
  comment,
  mode,
  setMode,
  editButton,
  replyButton,
}: CommentToolsProps) {
  const { comment: t } = useDictionary()
  const client = useQueryClient()
  const isMine = useMe()?.memberId === comment.authorId
  const onLikeFailure = useLikeFailure()
  const isReplying = mode === 'REPLYING'
  return (
    <div className="comment-foot">
      <LikeButton
        liked={comment.liked}
        count={comment.likeCount}
        onToggle={() => likeComment(client, comment, onLikeFailure)}
      />
      {comment.depth < MAX_COMMENT_DEPTH && (
        <button
          ref={replyButton}
          type="button"
          className="count-button"
          aria-label={t.replyTo(comment.authorName)}
          aria-expanded={isReplying}
          onClick={() => setMode(isReplying ? 'READING' : 'REPLYING')}
        >
          <Icon name="comment" />
          <span aria-hidden="true">{t.reply}</span>
        </button>
      )}
      {isMine && mode !== 'EDITING' && (
        <EditAndDelete
          editButton={editButton}
          editLabel={t.edit}
          onEdit={() => setMode('EDITING')}
          deleteLabel={t.delete}
          onDelete={() => setMode('DELETING')}
        />
      )}
    </div>
  )
}
